"""The contract, row by row, held against the routes and against the schema that describes them."""

import re

import pytest
from drf_spectacular.generators import SchemaGenerator

from hyperflow.core.api.codes import CODES
from hyperflow.tests.walking import routes

# method path → status of success | fields that the body may have | fields of the answer
CONTRACT = """
POST /api/auth/register                              | 202 | name email password role | email status
POST /api/auth/token                                 | 200 | username email password | access_token refresh_token token_type expires_in expires_at user_id name email role
POST /api/auth/refresh                               | 200 | refresh_token | access_token refresh_token token_type expires_in expires_at user_id name email role
POST /api/auth/logout                                | 204 | refresh_token |
GET  /api/auth/me                                    | 200 | | user_id name email role role_id permissions timezone is_active created_at updated_at
PUT  /api/auth/me                                    | 200 | name timezone | user_id name email role role_id permissions timezone is_active created_at updated_at
POST /api/auth/change-password                       | 204 | current_password new_password |
POST /api/auth/forgot-password                       | 202 | email |
POST /api/auth/reset-password                        | 204 | token new_password |
POST /api/auth/verify-email                          | 204 | token |
GET  /api/employee/tasks                             | 200 | | [TASK]
GET  /api/employee/tasks/{}                          | 200 | | TASK description comments_count attachments insights time_entries_total
PUT  /api/employee/tasks/{}/status                   | 200 | status note | TASK
PUT  /api/employee/tasks/{}/progress                 | 200 | progress progress_description drive_link | TASK
GET  /api/employee/tasks/{}/comments                 | 200 | | [comment_id user_id user_name content created_at]
POST /api/employee/tasks/{}/comments                 | 201 | content | comment_id user_id user_name content created_at
GET  /api/employee/tasks/{}/attachments              | 200 | | [attachment_id file_name file_type file_size checksum url uploaded_by uploaded_at]
POST /api/employee/tasks/{}/attachments              | 201 | file description | attachment_id file_name file_type file_size checksum url uploaded_by uploaded_at
POST /api/employee/tasks/{}/timer/start              | 200 | |
POST /api/employee/tasks/{}/timer/stop               | 200 | |
GET  /api/employee/time-entries                      | 200 | | [entry_id task_id user_id started_at ended_at hours billable rate note status]
POST /api/employee/time-entries                      | 201 | task_id started_at ended_at billable note | entry_id task_id user_id started_at ended_at hours billable rate note status
PUT  /api/employee/time-entries/{}                   | 200 | started_at ended_at billable note | entry_id task_id user_id started_at ended_at hours billable rate note status
DELETE /api/employee/time-entries/{}                 | 204 | |
POST /api/employee/time-entries/approve              | 200 | ids |
POST /api/employee/attendance/login                  | 201 | note location | ATTENDANCE
POST /api/employee/attendance/logout                 | 200 | attendance_id note | ATTENDANCE
GET  /api/employee/attendance/today                  | 200 | | work_date attendance_id login_time logout_time open hours_today sessions
GET  /api/employee/attendance/history                | 200 | | [ATTENDANCE]
GET  /api/hr/attendance                              | 200 | | [ATTENDANCE]
GET  /api/hr/attendance/{}                           | 200 | | [ATTENDANCE]
POST /api/hr/attendance/{}                           | 201 | login_time logout_time reason | ATTENDANCE
PUT  /api/hr/attendance/{}/{}                        | 200 | login_time logout_time reason | ATTENDANCE
GET  /api/hr/employees                               | 200 | | [EMPLOYEE]
POST /api/hr/employees                               | 201 | user_id name email employee_code department position manager_id employment_type hire_date end_date weekly_hours timezone | EMPLOYEE
GET  /api/hr/employees/{}                            | 200 | | EMPLOYEE
PUT  /api/hr/employees/{}                            | 200 | name employee_code department position manager_id employment_type hire_date end_date weekly_hours timezone | EMPLOYEE
GET  /api/hr/payroll                                 | 200 | | [PAYSLIP]
GET  /api/hr/payroll/runs                            | 200 | | [RUN]
POST /api/hr/payroll/runs                            | 201 | period | RUN
GET  /api/hr/payroll/runs/{}                         | 200 | | RUN
POST /api/hr/payroll/runs/{}/review                  | 200 | | RUN
POST /api/hr/payroll/runs/{}/approve                 | 200 | | RUN
POST /api/hr/payroll/runs/{}/pay                     | 200 | | RUN
GET  /api/finance/reports/revenue                    | 200 | | period currency totals series comparison conversions excluded
GET  /api/finance/reports/expenses                   | 200 | | period currency totals series comparison conversions excluded
GET  /api/finance/reports/profit-loss                | 200 | | period currency totals series comparison conversions excluded
GET  /api/finance/reports/receivables                | 200 | | currency totals clients conversions excluded
GET  /api/finance/analysis/cost                      | 200 | | period summary employee_data role_distribution client_costs project_costs
GET  /api/employee/payslips                          | 200 | | [PAYSLIP]
GET  /api/employee/payslips/{}/pdf                   | 200 | |
GET  /api/client/clients                             | 200 | | [client_id client_name description contact_info email phone website industry status owner_id currency hourly_rate payment_terms_days tax_id address contacts preferences created_at updated_at]
POST /api/client/clients                             | 201 | client_name description contact_info email phone website industry status owner_id currency hourly_rate payment_terms_days tax_id address | client_id client_name stats warnings
GET  /api/client/clients/{}                          | 200 | | client_id client_name description contact_info email phone website industry status owner_id currency hourly_rate payment_terms_days tax_id address contacts preferences created_at updated_at stats warnings
PUT  /api/client/clients/{}                          | 200 | client_name status owner_id | client_id stats
GET  /api/client/clients/{}/tasks                    | 200 | | [TASK]
GET  /api/client/tasks                               | 200 | | [TASK]
GET  /api/client/tasks/{}                            | 200 | | TASK
PUT  /api/client/tasks/{}                            | 200 | title description project_id assigned_to priority due_date estimated_time tags | TASK
POST /api/client/tasks                               | 201 | client_id title description project_id assigned_to priority due_date estimated_time tags | TASK
GET  /api/client/clients/{}/communications           | 200 | | [log_id client_id sender_id sender_name contact_id channel direction subject message external_url created_at]
POST /api/client/clients/{}/communications           | 201 | contact_id channel direction subject message external_url | log_id client_id
GET  /api/client/projects                            | 200 | | [project_id client_id name status billing budget currency budget_hours start_date end_date]
POST /api/client/projects                            | 201 | client_id name status billing budget budget_hours start_date end_date | project_id client_id name
GET  /api/client/projects/{}                         | 200 | | project_id client_id name status billing budget currency budget_hours start_date end_date
PUT  /api/client/projects/{}                         | 200 | name status billing budget budget_hours start_date end_date | project_id
GET  /api/client/clients/{}/reports/performance      | 200 | | client_id
GET  /api/hr/recruitment                             | 200 | | [POSTING]
POST /api/hr/recruitment                             | 201 | title department location employment_type description requirements salary_min salary_max currency status closing_date | POSTING
GET  /api/hr/recruitment/{}                          | 200 | | POSTING
PUT  /api/hr/recruitment/{}                          | 200 | title department location employment_type description requirements salary_min salary_max currency status closing_date | POSTING
GET  /api/hr/recruitment/{}/candidates               | 200 | | [CANDIDATE]
POST /api/hr/recruitment/{}/candidates               | 201 | name email phone skills experience_years rating notes source | CANDIDATE
GET  /api/hr/candidates/{}                           | 200 | | CANDIDATE
PUT  /api/hr/candidates/{}                           | 200 | name email phone stage skills experience_years rating notes source create_employee | CANDIDATE
GET  /api/employee/leave-balances                    | 200 | | [leave_type name year carried accrued adjusted taken lapsed pending balance]
POST /api/hr/leave-requests                          | 201 | leave_type start_date end_date half_day reason document | LEAVE
GET  /api/hr/leave-requests                          | 200 | | [LEAVE]
GET  /api/hr/leave-requests/{}                       | 200 | | LEAVE
PUT  /api/hr/leave-requests/{}                       | 200 | status decision_note | LEAVE
GET  /api/hr/leave-requests/{}/impact                | 200 | | working_days balance balance_after away tasks clients free
GET  /api/hr/holidays                                | 200 | | [holiday_id calendar_id date name]
POST /api/hr/holidays                                | 201 | calendar_id date name | holiday_id calendar_id date name
GET  /api/hr/leave-balances                          | 200 | | [user_id employee_name balances]
POST /api/hr/leave-balances/adjust                   | 201 | user_id leave_type days reason | entry_id user_id leave_type kind days
GET  /api/finance/invoices                           | 200 | | [INVOICE]
POST /api/finance/invoices                           | 201 | client_id project_id currency issue_date due_date lines invoice_number notes from_time | INVOICE
GET  /api/finance/invoices/{}                        | 200 | | INVOICE
PUT  /api/finance/invoices/{}/status                 | 200 | status payment | INVOICE
POST /api/finance/invoices/{}/payments               | 201 | amount date method reference keep_as_credit | payment_id
POST /api/finance/invoices/{}/refunds                | 201 | amount date method reference | payment_id
POST /api/finance/invoices/{}/credit-notes           | 201 | reason lines amount | credit_note_id credit_note_number
GET  /api/finance/financial-records                  | 200 | | [RECORD]
POST /api/finance/financial-records                  | 201 | record_type category amount currency description record_date client_id project_id user_id invoice_id receipt | RECORD
GET  /api/health                                     | 200 | | status timestamp version checks
GET  /api/health/live                                | 200 | | status
GET  /api/jobs/{}                                    | 200 | | job_id kind status progress result error
GET  /api/notifications                              | 200 | |
GET  /api/notifications/unread-count                 | 200 | |
POST /api/notifications/read                         | 200 | ids |
POST /api/notifications/read-all                     | 200 | |
"""  # noqa: E501 (a table)
TASK = (
    "task_id key title description client_id client_name project_id project_name assigned_to assignee_name created_by "
    "status priority progress estimated_time actual_time due_date start_time end_time tags parent_id watchers position "
    "created_at updated_at"
)
ATTENDANCE = "attendance_id user_id work_date login_time logout_time hours_worked status confirmed"
PAYSLIP = (
    "payslip_id user_id employee_name period period_start period_end currency basic_salary overtime allowances "
    "deductions unpaid_leave gross net lines status paid_at"
)
RUN = "run_id period period_start period_end status people totals problems computed_at approved_by paid_by paid_at"
EMPLOYEE = (
    "user_id name email employee_code department position manager_id employment_type hire_date end_date weekly_hours "
    "status timezone"
)
POSTING = (
    "job_id title department location employment_type description requirements salary_min salary_max currency status "
    "posted_date closing_date applicants_count"
)
CANDIDATE = "candidate_id name email phone stage skills experience_years resume rating notes source"
LEAVE = (
    "request_id user_id employee_name leave_type start_date end_date days reason status approver_id approver_name "
    "decided_at decision_note balance_after"
)
INVOICE = (
    "invoice_id invoice_number client_id client_name status currency issue_date due_date subtotal tax amount "
    "amount_paid balance lines payments pdf_url created_at"
)
RECORD = (
    "record_id record_type category amount currency description record_date client_id project_id user_id invoice_id "
    "receipt created_at"
)
#: Query parameters that the contract names, beside those that every list has.
FILTERS = {
    "/api/employee/attendance/history": "start_date end_date",
    "/api/hr/payroll": "period user_id status",
    "/api/hr/attendance": "start_date end_date user_id department status summary",
    "/api/employee/tasks": "status priority client_id project_id due_before due_after overdue search updated_since",
    "/api/client/tasks": (
        "status priority client_id project_id due_before due_after overdue search updated_since "
        "assigned_to created_by unassigned"
    ),
    "/api/client/clients": "status industry owner_id search created_after created_before",
    "/api/finance/invoices": (
        "status client_id project_id currency issued_after issued_before due_after due_before min_amount max_amount "
        "search"
    ),
    "/api/finance/financial-records": "record_type category start_date end_date",
    "/api/hr/leave-requests": "status user_id leave_type start_date end_date",
}
ORDERINGS = {"/api/employee/tasks": "due_date priority created_at updated_at"}


def named(answer):
    shapes = {
        "TASK": TASK,
        "EMPLOYEE": EMPLOYEE,
        "ATTENDANCE": ATTENDANCE,
        "POSTING": POSTING,
        "CANDIDATE": CANDIDATE,
        "PAYSLIP": PAYSLIP,
        "RUN": RUN,
        "LEAVE": LEAVE,
        "INVOICE": INVOICE,
        "RECORD": RECORD,
    }
    for word, fields in shapes.items():
        answer = answer.replace(word, fields)
    return answer


def rows():
    for line in CONTRACT.strip().splitlines():
        call, status, body, answer = (part.strip() for part in line.split("|"))
        method, path = call.split()
        yield pytest.param(method.lower(), path, int(status), body.split(), named(answer), id=call)


@pytest.fixture(scope="module")
def document():
    return SchemaGenerator().get_schema(request=None, public=True)


@pytest.fixture(scope="module")
def operations(document):
    """``(method, path without names of parameters)`` → operation"""
    return {
        (method, re.sub(r"\{\w+\}", "{}", path)): operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


def properties(document, schema):
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    if schema.get("type") == "array":
        return properties(document, schema["items"])
    found = dict(schema.get("properties", {}))
    for part in (*schema.get("allOf", ()), *schema.get("oneOf", ()), *schema.get("anyOf", ())):
        found |= properties(document, part)
    return found


@pytest.mark.parametrize(("method", "path", "status", "body", "answer"), list(rows()))
def test_the_schema_says_what_the_contract_says(document, operations, method, path, status, body, answer):
    operation = operations[method, path]
    good = operation["responses"][str(status)]

    takes_file = bool({"file", "document", "receipt"} & set(body))
    if body:
        content = operation["requestBody"]["content"]
        assert ("multipart/form-data" in content) is takes_file
        assert set(body) <= set(properties(document, next(iter(content.values()))["schema"]))
    if method in {"post", "put"} and path != "/api/auth/token" and not takes_file and body:
        assert set(operation["requestBody"]["content"]) == {"application/json"}
    if status == 204:
        assert "content" not in good
    elif answer:
        schema = good["content"]["application/json"]["schema"]
        assert (schema.get("type") == "array") is answer.startswith("[")
        missing = set(answer.strip("[]").split()) - set(properties(document, schema))
        assert not missing
    if status == 201:
        assert "Location" in good["headers"]
    if method == "put":
        assert operations["patch", path]["requestBody"] == operation["requestBody"]


@pytest.mark.parametrize("path", FILTERS)
def test_lists_take_the_filters_that_the_contract_names(operations, path):
    named = {one["name"] for one in operations["get", path]["parameters"] if one["in"] == "query"}

    assert set(FILTERS[path].split()) <= named
    assert {"limit", "cursor", "skip", "ordering"} <= named


@pytest.mark.parametrize("path", ORDERINGS)
def test_lists_take_the_orders_that_the_contract_names(operations, path):
    (ordering,) = (one for one in operations["get", path]["parameters"] if one["name"] == "ordering")

    assert set(ORDERINGS[path].split()) <= set(ordering["schema"]["enum"])


def test_sign_in_takes_a_form_too(document, operations):
    content = operations["post", "/api/auth/token"]["requestBody"]["content"]
    form = content["application/x-www-form-urlencoded"]["schema"]

    assert set(content) == {"application/json", "application/x-www-form-urlencoded"}
    assert {"grant_type", "username", "password", "scope"} <= set(properties(document, form))


def test_every_route_is_described_and_nothing_else_is(operations):
    there = {
        (method, route.template)
        for route in routes()
        for method, _action in route.actions
        if method != "head" and route.path not in {"/api/schema", "/api/docs"}
    }

    assert set(operations) == there


def test_every_refusal_is_a_problem_with_its_codes(document, operations):
    for (method, path), operation in operations.items():
        for status, answer in operation["responses"].items():
            if int(status) < 400:
                continue
            if "health" in path and status == "503":
                continue
            assert answer == {"$ref": f"#/components/responses/Problem{status}"}, (method, path, status)
    listed = set(document["components"]["schemas"]["Problem"]["properties"]["code"]["enum"])
    assert listed == set(CODES)
    for status, shared in document["components"]["responses"].items():
        assert set(shared["content"]) == {"application/problem+json"}
        assert f"`{next(code for code, (its, _) in CODES.items() if its == int(status[-3:]))}`" in shared["description"]


def test_who_is_told_to_come_back_is_told_when(document, operations):
    shared = document["components"]["responses"]

    waits = {name for name, answer in shared.items() if "Retry-After" in answer["headers"]}
    assert waits == {"Problem429", "Problem503"}
    assert "`busy`" in shared["Problem503"]["description"]
    assert "503 `busy`" in operations["post", "/api/auth/token"]["description"]


def test_who_must_sign_in_is_said(operations):
    open_paths = {path for (_, path), operation in operations.items() if operation["security"] == [{}]}

    assert open_paths == {
        "/api/auth/register", "/api/auth/token", "/api/auth/refresh", "/api/auth/logout", "/api/auth/forgot-password",
        "/api/auth/reset-password", "/api/auth/verify-email", "/api/health", "/api/health/live", "/api/files/{}",
        "/api/hr/leave.ics",
    }  # fmt: skip


def test_operations_have_names_of_their_own(operations):
    names = [operation["operationId"] for operation in operations.values()]

    assert len(names) == len(set(names))
