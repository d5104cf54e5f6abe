"""Who and what the demo is about, as data. RC-400 names Acme, Beta, Carl, Anna, Bob, Mona, Rita and team Support."""

from typing import NamedTuple

PASSWORD = "polydesk-demo"
HOUSE, SECOND = ("house", "House"), ("orchard", "Orchard Clinic")


class Member(NamedTuple):
    login: str
    name: str
    role: str
    company: str = ""
    email: str = ""
    is_admin: bool = False
    is_superuser: bool = False
    teams: tuple[str, ...] = ()
    signs_in_as: str = ""
    """The login at the doors where it is not the name by which the demo calls him."""

    @property
    def username(self) -> str:
        return self.signs_in_as or self.login


HOUSE_TEAMS = ("Support", "Field service", "Platform")
HOUSE_MEMBERS = (
    Member("admin", "Ada Winter", "manager", is_admin=True, is_superuser=True),
    Member("anna", "Anna Petrov", "agent", teams=("Support",)),
    Member("bob", "Bob Okafor", "agent", teams=("Support", "Platform")),
    Member("mona", "Mona Lindqvist", "manager", teams=("Support",)),
    Member("rita", "Rita Costa", "requester"),
    # RC-401: a contact is known by his e-mail address alone.
    Member("carl", "Carl Jensen", "customer", "Acme", "carl@acme.example", signs_in_as="carl@acme.example"),
    Member("agent", "Alex Moreau", "agent", teams=("Support", "Field service")),
    Member("customer", "Cora Haddad", "customer", "Acme", "cora@acme.example"),
    Member("priya", "Priya Raman", "agent", teams=("Platform",)),
    Member("tomas", "Tomás Vega", "agent", teams=("Field service",)),
    Member("wen", "Wen Li", "agent", teams=("Platform",)),
    Member("jonas", "Jonas Keller", "agent", teams=("Support", "Field service")),
)
HOUSE_CONTACTS = {
    "Acme": ("Erik Sand", "Fatima Noor", "Greta Holm", "Hugo Brandt"),
    "Beta": ("Ines Duarte", "Jamal Reed", "Katja Weiss"),
    "Cobalt Logistics": ("Liam Byrne", "Maja Nowak", "Nils Aalto", "Olga Sokol"),
    "Delta Foods": ("Paul Meyer", "Quinn Harper", "Rosa Conti"),
    "Elm Street School": ("Sana Malik", "Tim Visser", "Uma Iyer"),
    "Fjord Travel": ("Vera Blom", "Walter Kim", "Ximena Ruiz"),
}
SUPPLIERS = ("Northwind Hardware", "Telco One")
SECOND_TEAMS = ("Front desk",)
SECOND_MEMBERS = (
    Member("other_admin", "Olivia Grant", "manager", is_admin=True),
    Member("other_agent", "Oscar Lund", "agent", teams=("Front desk",)),
    Member("other_customer", "Opal Marsh", "customer", "Hillside Practice", "opal@hillside.example"),
)
SECOND_CONTACTS = {"Hillside Practice": ("Nora Finch", "Peter Ash"), "Lakeside Dental": ("Ruth Vance",)}

PRODUCTS = ("Laptop 14", "Desk phone", "Laser printer", "Access point", "Virtual server", "File service")
ASSETS = (
    # (type, name, product)
    ("device", "LT-{n:03}", "Laptop 14"),
    ("device", "PR-{n:02}", "Laser printer"),
    ("device", "AP-{n:02}", "Access point"),
    ("service", "mail-{n}", "Virtual server"),
    ("service", "files-{n}", "File service"),
)
PROJECTS = ("Office move", "New file service")
TAGS = ("on site", "remote", "recurring", "hardware", "waiting for parts")
