"""What the agency's tasks are about: for each kind of project, who does what and how long it takes.

A line is ``craft | hours | title``; ``{thing}`` is something of the client's, ``{month}`` the month it is made in.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Topic:
    craft: str
    hours: float
    title: str


def _topics(text: str) -> tuple[Topic, ...]:
    rows = (line.split("|") for line in filter(None, (line.strip() for line in text.splitlines())))
    return tuple(Topic(craft.strip(), float(hours), title.strip()) for craft, hours, title in rows)


TOPICS: dict[str, tuple[Topic, ...]] = {
    "web": _topics(
        """account  | 3  | Collect goals and numbers for the {thing}
           ux       | 14 | Wireframes of the {thing}
           ux       | 8  | Test the {thing} with five people
           design   | 18 | Design the {thing}
           design   | 6  | Icons and small pictures for the {thing}
           frontend | 16 | Build the {thing}
           frontend | 5  | Print view of the {thing}
           backend  | 12 | Editor fields for the {thing}
           backend  | 9  | Redirects from the old {thing}
           copy     | 10 | Write the texts of the {thing}
           copy     | 4  | Shorten the texts of the {thing}
           seo      | 6  | Titles and descriptions for the {thing}
           quality  | 7  | Check the {thing} on phones
           quality  | 4  | Contrast and keyboard use of the {thing}
           account  | 2  | Release of the {thing} with the client
           strategy | 5  | Decide what the {thing} must not become"""
    ),
    "app": _topics(
        """ux       | 12 | Flow of the {thing}, first sketch
           ux       | 9  | Interviews about the {thing}
           design   | 14 | Screens for the {thing}
           frontend | 20 | Front end of the {thing}
           frontend | 7  | Error messages of the {thing}
           backend  | 22 | Interface behind the {thing}
           backend  | 10 | Import of old data into the {thing}
           backend  | 6  | Rate limits for the {thing}
           quality  | 9  | Test plan for the {thing}
           quality  | 6  | Load test of the {thing}
           quality  | 5  | Mend what the security check of the {thing} found
           copy     | 4  | Words on the buttons of the {thing}
           account  | 3  | Demonstration of the {thing} to the client
           motion   | 6  | Loading animation for the {thing}
           strategy | 4  | Numbers that tell whether the {thing} works"""
    ),
    "shop": _topics(
        """shop     | 14 | Product page for the {thing}
           shop     | 10 | Basket and checkout with the {thing}
           shop     | 8  | Delivery rules for the {thing}
           backend  | 12 | Stock levels of the {thing} from the warehouse
           backend  | 7  | Refunds for the {thing}
           design   | 9  | Pictures of the {thing} in all sizes
           ux       | 6  | Why people leave at the {thing}
           copy     | 5  | Describe the {thing} in 80 words
           seo      | 5  | Structured data for the {thing}
           quality  | 6  | Order the {thing} in every way there is
           ads      | 4  | Product feed with the {thing}
           account  | 2  | Price list of the {thing} from the client"""
    ),
    "brand": _topics(
        """brand    | 20 | Three directions for the {thing}
           brand    | 12 | Work out the chosen direction for the {thing}
           brand    | 8  | Colours and type of the {thing}
           design   | 10 | Layout of the {thing}
           design   | 6  | Final artwork of the {thing}
           motion   | 9  | Moving logo for the {thing}
           copy     | 7  | Voice and examples for the {thing}
           strategy | 6  | Position of the {thing} among its rivals
           account  | 3  | Printer's offer for the {thing}
           account  | 2  | Colour proof of the {thing}
           design   | 5  | Templates for the {thing}"""
    ),
    "campaign": _topics(
        """strategy | 6  | Idea and key message for the {thing}
           copy     | 6  | Headlines for the {thing}
           design   | 12 | Key visual of the {thing}
           design   | 5  | Banners for the {thing} in eleven sizes
           motion   | 16 | Fifteen seconds about the {thing}
           motion   | 4  | Subtitles for the {thing} film
           frontend | 9  | Landing page for the {thing}
           ads      | 5  | Media plan for the {thing}
           ads      | 4  | Set up the ads for the {thing}
           social   | 6  | Posts about the {thing} for {month}
           seo      | 3  | Measure the {thing}: events and goals
           account  | 3  | Briefing for the {thing}
           account  | 2  | Invoice of the photographer for the {thing}
           strategy | 4  | What the {thing} brought: report"""
    ),
    "content": _topics(
        """copy     | 7  | Article on the {thing}
           copy     | 5  | Interview for the {thing}
           copy     | 3  | Newsletter for {month}: {thing}
           seo      | 4  | Search terms around the {thing}
           seo      | 3  | Internal links to the {thing}
           design   | 4  | Illustration for the {thing}
           social   | 3  | Short version of the {thing} for the networks
           account  | 1  | Approval of the {thing} text
           strategy | 3  | Editorial plan for {month}"""
    ),
    "social": _topics(
        """social   | 6  | Posts for {month}
           social   | 4  | Series on the {thing}
           social   | 2  | Answer the comments on the {thing}
           motion   | 8  | Reel about the {thing}
           design   | 5  | Template for posts on the {thing}
           copy     | 3  | Captions for the {thing}
           ads      | 3  | Boost the best post on the {thing}
           account  | 1  | Picture rights for the {thing}
           strategy | 3  | Numbers of {month} and what follows"""
    ),
    "ads": _topics(
        """ads      | 4  | Bids and budgets for {month}
           ads      | 5  | New ad group: {thing}
           ads      | 3  | Negative terms around the {thing}
           seo      | 3  | Why the {thing} converts less
           design   | 4  | Fresh banners for the {thing}
           copy     | 3  | Twelve ad texts for the {thing}
           frontend | 6  | Faster landing page for the {thing}
           strategy | 2  | Report for {month}
           account  | 1  | Budget for {month} confirmed by the client"""
    ),
    "seo": _topics(
        """seo      | 6  | Audit of the {thing}
           seo      | 4  | Rankings in {month}
           seo      | 5  | Local entries for the {thing}
           copy     | 5  | Rewrite the {thing} for what people ask
           frontend | 5  | Loading time of the {thing}
           backend  | 4  | Sitemap with the {thing}
           strategy | 2  | Report for {month}
           account  | 1  | Opening hours on the {thing}"""
    ),
    "support": _topics(
        """backend  | 3  | Updates in {month}
           backend  | 4  | Backup restored for a trial in {month}
           frontend | 3  | Small changes to the {thing}
           frontend | 2  | Wrong picture on the {thing}
           quality  | 3  | Form on the {thing} sends twice
           quality  | 2  | Check of all links in {month}
           copy     | 2  | New dates on the {thing}
           account  | 1  | Hours used in {month}, to the client"""
    ),
}

STEPS = (
    "Gather what is there", "First draft", "Go through it with the client", "Put the corrections in", "Second draft",
    "Check facts and names", "Prepare the handover", "Final check",
)  # fmt: skip

TAGS: dict[str, tuple[str, ...]] = {
    "account": ("client", "briefing"),
    "strategy": ("strategy", "report"),
    "ux": ("ux", "research"),
    "design": ("design",),
    "brand": ("design", "identity"),
    "motion": ("film", "design"),
    "frontend": ("frontend", "website"),
    "backend": ("backend", "interface"),
    "shop": ("shop", "frontend"),
    "quality": ("quality", "bug"),
    "copy": ("text", "english"),
    "seo": ("seo", "numbers"),
    "ads": ("ads", "numbers"),
    "social": ("social", "text"),
}
WAITING = "waiting-for-client"

DESCRIPTIONS = (
    "As agreed on the phone with {contact}. The last version lies in the project folder.",
    "{contact} needs this before their next meeting; keep it simple and show it early.",
    "See the dos and don'ts of the client before you start. Two rounds of corrections are in the offer.",
    "Builds on what we did last quarter. Numbers to beat are in the report.",
    "Open question: who at the client signs it off? Ask {contact} first.",
    "Done when it works on a small phone, with a slow connection, and {contact} has seen it.",
    "Please note how long each part takes: the next offer will be based on it.",
    "",
    "",
)

COMMENTS: dict[str, tuple[str, ...]] = {
    "account": (
        "{contact} answered: fine, but they want to see prices in it.",
        "Call moved to Thursday; the deadline stays.",
        "Offer is signed, we can go on.",
    ),
    "design": (
        "Second version is up. I took the darker blue, the first one failed on cheap screens.",
        "Could somebody look at the spacing with fresh eyes?",
        "{contact} prefers the variant without frames.",
        "Files are packed, fonts included.",
    ),
    "development": (
        "Works on my branch; Viktor, could you try it with the old data?",
        "Took longer: their interface answers with 500 when a field is empty.",
        "Merged and on the test system. Log in as the second test customer.",
        "Found the cause: the cache kept the old address for a day.",
    ),
    "words": (
        "Shortened by a third and it says more now.",
        "{contact} wants the word 'solution' out. Gladly.",
        "Facts checked with the client, two figures corrected.",
        "Numbers are from Monday; the week before was a holiday, so don't compare.",
    ),
    "any": (
        "I am on it tomorrow morning.",
        "Waiting for pictures from {contact}.",
        "Done from my side.",
        "This is bigger than we thought. Shall we split it?",
        "Reminded {contact} again today.",
        "Looks good to me.",
    ),
}
GROUP = {
    **dict.fromkeys(("account", "strategy"), "account"),
    **dict.fromkeys(("ux", "design", "brand", "motion"), "design"),
    **dict.fromkeys(("frontend", "backend", "shop", "quality"), "development"),
    **dict.fromkeys(("copy", "seo", "ads", "social"), "words"),
}

#: Channel, direction, subject, message.
TALKS = (
    (
        "email",
        "inbound",
        "Re: next steps",
        "Three small changes below, otherwise please go ahead.",
    ),
    (
        "email",
        "outbound",
        "Draft for your review",
        "It lies in the shared folder. We need your answer by Friday.",
    ),
    (
        "phone",
        "inbound",
        "Question about the invoice",
        "More hours than the month before: explained.",
    ),
    ("phone", "outbound", "Status call", "Went through the open points. Pictures come next week, texts are approved."),
    ("meeting", "internal", "Review of the quarter", "Agreed on fewer channels and better pictures."),
    ("chat", "inbound", "", "Quick one: the form shows an error on my phone, screenshot follows."),
    ("slack", "inbound", "", "Could we move the launch by two days? Our printer is late."),
    ("slack", "outbound", "", "Moved. New date is in the plan, everybody has been told."),
    ("email", "inbound", "New idea", "Our sales people would like a version they can send on. What would that cost?"),
    ("email", "outbound", "Offer for the addition", "Two days of work, ready within a week of your answer."),
    ("note", "internal", "How they decide", "The owner decides, not marketing. Show two variants, never three."),
)
