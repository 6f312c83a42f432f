"""How every part of `/api/` answers: parse, call a service, render. `viewsets` is where to begin reading."""
