"""Every setting of Polydesk, declared as data: name, type, default, meaning (PL-004)."""

# ruff: noqa: E501

from dataclasses import dataclass
from typing import Any

from polydesk.server.values import (
    Reader,
    database_address,
    folder,
    mail_address,
    one_of,
    switch,
    text,
    web_address,
    whole,
    whole_or_off,
    words,
)


@dataclass(frozen=True)
class Setting:
    name: str
    read: Reader
    default: Any
    meaning: str
    secret: bool = False

    @property
    def shown_default(self) -> str:
        if isinstance(self.default, bool):
            return "on" if self.default else "off"
        return str(self.default or "(empty)")


SETTINGS = (
    # Where things are
    Setting("CONFIG", text, "", "TOML file with further settings; `polydesk.toml` in the data folder is taken by itself."),
    Setting("DATA_DIR", folder, "polydesk-data", "Folder of the SQLite database, attachments and generated keys."),
    Setting("FILES_ROOT", text, "", "Folder of the attachments; empty means `files` in the data folder."),
    Setting("DATABASE_URL", database_address, "", "PostgreSQL as `postgres://user:password@host:port/name`; empty means SQLite in the data folder. `DATABASE_URL` is understood too."),
    Setting("DATABASE_POOL", whole(1, 200), 8, "PostgreSQL connections that one process may hold."),
    Setting("PREPARE_THRESHOLD", whole_or_off(0, 1000), 1, "Executions before PostgreSQL keeps a prepared statement; `off` for PgBouncer before 1.21."),
    # Who may come in, and by which address
    Setting("HOST", text, "127.0.0.1", "Network address `polydesk serve` listens on."),
    Setting("PORT", whole(1, 65535), 8000, "Port `polydesk serve` listens on."),
    Setting("BASE_URL", web_address, "", "The address people use, for links in mails; empty means `http://HOST:PORT`."),
    Setting("ALLOWED_HOSTS", words, (), "Host names answered besides those of `BASE_URL` and `HOST`; any other name gets 400."),
    Setting("TRUSTED_PROXIES", words, (), "Addresses or networks of reverse proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed."),
    Setting("SECRET_KEY", text, "", "Signs sessions and links, at least 32 characters; generated into the data folder when empty.", secret=True),
    Setting("AUDIT_KEY", text, "", "Signs the audit log, at least 32 characters; generated into the data folder when empty.", secret=True),
    Setting("DEBUG", switch, False, "Detailed error pages; refused with a public `HOST`."),
    # How much of what
    Setting("WORKERS", whole(1, 64), 1, "Web processes of `polydesk serve`."),
    Setting("THREADS", whole(1, 256), 32, "Requests one web process works on at once."),
    Setting("STREAMS", whole(0, 5000), 200, "Live streams one web process keeps open; beyond it streams get 503."),
    Setting("DEADLINE", whole(1, 55), 30, "Seconds after which a request that changes something is given up and rolled back."),
    Setting("DEADLINE_READING", whole(1, 55), 5, "Seconds after which a request that only reads (a list, a search) is given up."),
    Setting("JOB_THREADS", whole(1, 64), 4, "Jobs one worker process runs at once."),
    Setting("RATE_LIMITS", switch, True, "Limits of requests; off leaves only those of sign-in."),
    Setting("API_RATE", whole(1, 10**6), 3000, "Native API: requests a minute for each token."),
    Setting("AT_LIMIT_HOUR", whole(0, 10**9), 10_000, "Autotask face: requests in any hour and organization; 0 is no limit."),
    Setting("AT_LIMIT_THREADS", whole(0, 1000), 0, "Autotask face: calls at once per tracking identifier and entity in one process; 0 is no limit."),
    Setting("SE_LIMIT_TICKETS", whole(0, 10**6), 60, "Selectel face: tickets a minute and client; 0 is no limit."),
    Setting("SE_LIMIT_COMMENTS", whole(0, 10**6), 300, "Selectel face: comments a minute and client; 0 is no limit."),
    Setting("SE_LIMIT_FILES", whole(0, 10**6), 120, "Selectel face: files a minute and client; 0 is no limit."),
    Setting("SE_PREFIX", text, "/support", "Selectel face: where the classic family stands."),
    Setting("SE_PREFIX_V2", text, "/support/v2", "Selectel face: where the current family stands."),
    Setting("SE_PREFIX_FILES", text, "/files/public/files", "Selectel face: where its files stand."),
    Setting("MAX_FILE_MB", whole(1, 10240), 25, "Largest attachment in MiB."),
    Setting("SCANNER", text, "", "Command that examines each file, given on its standard input: exit status 0 is clean, 1 refused, anything else is tried again; e.g. `clamdscan --no-summary -`. What is not called clean is handed out to administrators alone. Empty: files are not examined."),
    Setting("DISK_FLOOR_MB", whole(0, 10**6), 100, "Free MiB in the data folder under which the server calls itself not ready."),
    Setting("REQUIRE_IF_MATCH", switch, False, "Native API: refuse changes without `If-Match` by 428."),
    # What is switched on
    Setting("FACES_OFF", words, (), "Faces not to mount: native, autotask, selectel, crm, centurion, simpletickets, desk, portal."),
    Setting("LANGUAGE", one_of("en", "de", "ru"), "en", "Language of pages before a person has chosen one."),
    Setting("TIME_ZONE", text, "UTC", "Time zone of pages before a person has chosen one."),
    Setting("SESSION_IDLE_HOURS", whole(1, 24 * 30), 12, "Hours without a request after which a sign-in ends."),
    Setting("SESSION_DAYS", whole(1, 365), 30, "Days after which a sign-in ends in any case."),
    # Outgoing
    Setting("MAIL_URL", mail_address, "", "Where mails go: `smtp://user:password@host:587` (STARTTLS; `?tls=off` for none), `smtps://…:465`, `file:///folder` or `console:`. Empty: nobody is notified by mail, and mails of sign-in stand in the log.", secret=True),
    Setting("MAIL_FROM", text, "desk@localhost", "Sender of all mails: an address, or `Name <address>`."),
    Setting("MAIL_ALLOW_PRIVATE", switch, False, "Let incoming mail be fetched from mail servers on this machine and in private networks."),
    Setting("OUTBOUND_NETWORKS", words, (), "Private networks that webhooks, imports and the fetching of mail may reach, as CIDR; none by default."),
    Setting("WEBHOOKS_ALLOW_PRIVATE", switch, False, "Let webhooks reach loopback and private networks, by http and on any port; for tests and single hosts."),
    Setting("OUTBOUND_HTTP", switch, False, "Let webhooks use http besides https."),
    Setting("OUTBOUND_PORTS", words, (), "Ports webhooks may use besides 80, 443 and 8443."),
    # Sign-in by somebody else
    Setting("OIDC_NAME", text, "", "Name of an OpenID Connect provider as the sign-in page shows it; empty means none."),
    Setting("OIDC_ISSUER", web_address, "", "The provider's issuer address, as its own description gives it; signing in happens at this host."),
    Setting("OIDC_CLIENT_ID", text, "", "Our identifier at the provider."),
    Setting("OIDC_CLIENT_SECRET", text, "", "Our secret at the provider.", secret=True),
    # Seeing what happens
    Setting("LOG_LEVEL", one_of("debug", "info", "warning", "error"), "info", "Least important line the log keeps."),
    Setting("LOG_FORMAT", one_of("json", "text"), "json", "JSON lines, or text for people."),
    Setting("METRICS_TOKEN", text, "", "Opens `/metrics` to Prometheus as a bearer token; empty means there is no such page.", secret=True),
    # For drills only
    Setting("TESTING", switch, False, "Lets failpoints be switched on; for tests only."),
    Setting("FAILPOINT", text, "", "Named place to fail at (`name[:n]:raise|kill|sleep`); ignored unless `TESTING` is on."),
)  # fmt: skip
