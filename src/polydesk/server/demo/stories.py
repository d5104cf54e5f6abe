"""What people write to a desk. Each line of talk begins with who speaks: customer, agent, or a note among agents."""

# ruff: noqa: E501

from typing import NamedTuple

CUSTOMER, AGENT, NOTE = "customer", "agent", "note"


class Story(NamedTuple):
    kind: str
    category: str
    title: str
    text: str
    talk: tuple[tuple[str, str], ...] = ()
    resolution: str = ""
    priority: str = "normal"


# {asset} {room} {person} {day} {n} are filled in; so one story is told by several people.
STORIES = (
    Story(
        "incident", "Printer", "Printer {asset} prints blank pages",
        "Since this morning {asset} in {room} feeds paper but prints nothing. We changed the toner last week.",
        (
            (AGENT, "Thanks for telling us. Does the printer's own test page come out blank as well? *Menu → Reports → Test page*"),
            (CUSTOMER, "Yes, the test page is empty too."),
            (NOTE, "Drum unit was due in spring. There is one on the shelf."),
            (AGENT, "Then it is the drum. I will come by after {day} lunch and change it."),
            (CUSTOMER, "Great, thank you."),
        ),
        "Drum unit replaced; test page is fine.",
    ),
    Story(
        "incident", "Computer", "{asset} does not start any more",
        "My laptop {asset} shows a black screen with a blinking light. I have a presentation at three.",
        (
            (AGENT, "Please hold the power button for 15 seconds, unplug everything, and try once more."),
            (CUSTOMER, "Same light, no picture."),
            (AGENT, "I have a loan laptop ready for you in {room}. Your files are on the share, so you can present from it."),
            (CUSTOMER, "That saved my day."),
            (NOTE, "Mainboard. Sent in under warranty, reference NW-{n}."),
        ),
        "Mainboard replaced under warranty.", "high",
    ),
    Story(
        "incident", "Wi-Fi", "Wi-Fi drops every few minutes in {room}",
        "Calls break off about every five minutes. It is better next to the window.",
        (
            (AGENT, "How many of you are in {room} at that time, and does it happen on the phone as well?"),
            (CUSTOMER, "Eight of us, and yes, phones too."),
            (NOTE, "Access point {asset} sits on channel 11 with three neighbours. Moving it to 1."),
            (AGENT, "We have moved the access point to a quieter channel. Would you watch it today?"),
        ),
        "Access point moved to channel 1.",
    ),
    Story(
        "incident", "E-mail", "Mails to suppliers come back",
        "Every mail to an outside address comes back with *550 5.7.1*. Inside it works.\n\n```\n550 5.7.1 Message rejected: SPF check failed\n```",
        (
            (AGENT, "We see it for all of you and are on it."),
            (NOTE, "SPF record lost an include when the domain moved. Fixed at 10:40, waiting for the TTL."),
            (AGENT, "The cause is found; mails leave again within the hour. Please send again what came back."),
            (CUSTOMER, "The first ones went through just now."),
        ),
        "SPF record corrected.", "very_high",
    ),
    Story(
        "incident", "VPN", "VPN asks for the code again and again",
        "From home the VPN takes my password, then asks for the code three times and stops.",
        (
            (AGENT, "Is the clock of your phone set by hand? The codes depend on it."),
            (CUSTOMER, "It was four minutes behind! Works now."),
        ),
        "Phone's clock set to automatic.", "low",
    ),
    Story(
        "incident", "File share", "Folder “Contracts” has disappeared",
        "Until yesterday there was a folder *Contracts* under *Shared*. Today it is gone for all of us.",
        (
            (NOTE, "Dragged into “Archive 2019” by accident at 17:52, see the audit log."),
            (AGENT, "It was moved into *Archive 2019* yesterday evening. I have put it back; nothing is missing."),
            (CUSTOMER, "Phew. Thank you for being so quick."),
        ),
        "Folder moved back; delete and move rights narrowed.", "high",
    ),
    Story(
        "incident", "Fault", "Invoice program closes when saving",
        "When I save an invoice with more than 20 lines the program closes without a word.",
        (
            (AGENT, "Could you attach such an invoice? Draft is fine."),
            (CUSTOMER, "Here it is. It happens with this one each time."),
            (NOTE, "Reproduced on 7.2.1, not on 7.2.3."),
            (AGENT, "The maker has mended this in 7.2.3. I have planned the update for {day} evening."),
        ),
        "Updated to 7.2.3.",
    ),
    Story(
        "incident", "Backup", "Backup of {asset} failed three nights running",
        "The nightly report says *failed: no space left on device*.",
        (
            (NOTE, "Old chain from before the move was never pruned."),
            (AGENT, "Room has been made; tonight's run will tell."),
        ),
        "Old backups removed; last run took 41 minutes.", "high",
    ),
    Story(
        "incident", "Phone", "No sound when calling from the desk phone",
        "They hear me, I do not hear them. It is the phone in {room}.",
        (
            (AGENT, "Please swap the cord of the receiver with the one next door."),
            (CUSTOMER, "Works with the other cord."),
        ),
        "Receiver cord replaced.", "low",
    ),
    Story(
        "incident", "Internet", "Everything is slow since ten o'clock",
        "Web pages take a minute, in all rooms.",
        (
            (AGENT, "The line is at its limit; we are looking for the reason."),
            (NOTE, "Telco One confirms a fault on the ring, ticket T1-{n}."),
            (AGENT, "Our provider has a fault in your district and expects an end at {day} noon. Phones go over the second line meanwhile."),
        ),
        "Provider repaired the line.", "very_high",
    ),
    Story(
        "request", "New account", "New colleague {person} starts on {day}",
        "Please prepare for {person}:\n\n- account and mailbox\n- laptop and phone\n- access to *Shared/Projects*",
        (
            (AGENT, "All noted. Does {person} need the accounting program as well?"),
            (CUSTOMER, "No, only mail and files."),
            (NOTE, "Laptop taken from stock, licence assigned."),
            (AGENT, "Everything is ready in {room}. The first password is in a sealed envelope at the front desk."),
        ),
        "Account, mailbox, laptop and phone handed over.",
    ),
    Story(
        "request", "Password", "I have forgotten my password",
        "After the holidays I cannot remember it. Please help.",
        (
            (AGENT, "I have called you back on your office number and set a new one. You will be asked to change it."),
            (CUSTOMER, "All good, thanks!"),
        ),
        "Password set after a call back.",
    ),
    Story(
        "request", "Permissions", "Access to the folder “Budget” for {person}",
        "{person} takes over the budget and needs to read and write there.",
        (
            (AGENT, "The folder belongs to your head of finance; I have asked for the permission."),
            (NOTE, "Agreed by phone, mail follows."),
            (AGENT, "Permission is there and access is given."),
        ),
        "Access given with the owner's consent.",
    ),
    Story(
        "request", "Installation", "Please install the drawing program on {asset}",
        "I need it for the plans of the new hall. A licence should be free since Erik left.",
        (
            (AGENT, "A licence is free. When may I take over your screen for ten minutes?"),
            (CUSTOMER, "{day} after two."),
        ),
        "Installed and licensed.", "low",
    ),
    Story(
        "request", "Accessories", "Two more screens for {room}",
        "We would like two screens of the same kind as the others, with arms.",
        (
            (AGENT, "They are €189 each with arm. Shall I order?"),
            (CUSTOMER, "Yes please, cost centre 4410."),
            (NOTE, "Ordered at Northwind Hardware, PO-{n}."),
        ),
        "Delivered and mounted.", "low",
    ),
    Story(
        "request", "Leaving", "{person} leaves at the end of the month",
        "Please close the account on the last day and forward mails to me for four weeks.",
        ((AGENT, "Planned. We will collect the laptop on {day}."), (NOTE, "Forwarding ends by itself after 28 days.")),
        "Account closed, mails forwarded, laptop collected.",
    ),
    Story(
        "request", "Licence", "How many licences do we pay for?",
        "For our yearly planning: how many do we have, and how many are used?",
        ((AGENT, "42 paid, 37 in use. The list is attached to your contract."),),
        "Answered.", "very_low",
    ),
    Story(
        "request", "Computer", "Loan laptop for the fair",
        "We need two laptops from {day} for the fair, with the catalogue on them.",
        ((AGENT, "They are set aside under your name."), (CUSTOMER, "Picked up, thank you.")),
        "Returned in good order.",
    ),
    Story(
        "problem", "E-mail", "Mails are rejected after each change of the domain",
        "Third time this year. The zone file is edited by hand and loses entries.",
        ((NOTE, "Cause: two copies of the zone, the older one wins at renewal."), (NOTE, "Proposal: one source, checked before it goes out.")),
        "Zone is generated from one reviewed file.", "high",
    ),
    Story(
        "problem", "Wi-Fi", "Access points lose clients under load",
        "All of series {asset} drop clients above about 25.",
        ((NOTE, "Maker confirms it for firmware 6.4."), (NOTE, "Workaround: limit to 20 clients.")),
        "Firmware 6.6 everywhere.",
    ),
    Story(
        "change", "Network", "Replace the firewall of the main office",
        "**Why** End of support in spring.\n\n**How** Run both in parallel, switch on {day} at 20:00.\n\n**Back out** Old one stays connected for a week.",
        ((NOTE, "Rule set compared: no difference."), (NOTE, "Reviewed by Platform.")),
        "Switched at 20:04, no complaints.", "high",
    ),
    Story(
        "change", "Servers and services", "Move the file share to new disks",
        "**Why** Disks are 80 % full.\n\n**How** Copy in the background, last sync on {day} night.\n\n**Back out** Mount the old volume.",
        ((NOTE, "Copy is at 96 %."),),
        "Moved; 62 % free.",
    ),
    Story(
        "issue", "", "Export to CSV loses the last line",
        "Steps:\n\n1. Open *Reports*\n2. Export more than 1,000 rows\n3. The last row is missing",
        ((NOTE, "Off by one in the pager."), (NOTE, "Fix is in review.")),
        "Fixed with a test.",
    ),
    Story(
        "issue", "", "Dates are shown in American order",
        "The overview shows 03/04 for the third of April.",
        ((NOTE, "Template ignores the person's language."),),
        "Dates follow the language.", "low",
    ),
    Story(
        "merge_request", "", "Pager: keep the last row of an export",
        "Closes the issue about the missing line. Adds a test with 1,001 rows.",
        ((NOTE, "Reads well. One name could be clearer."), (NOTE, "Renamed.")),
        "Merged.",
    ),
    Story(
        "project_task", "", "Order cabling for the new office",
        "24 double sockets in {room}, plan is in the project folder.",
        ((NOTE, "Offer of Telco One is in."), (NOTE, "Ordered, they come on {day}.")),
        "Cabling measured and accepted.",
    ),
    Story(
        "project_task", "", "Train the key users",
        "Two sessions of ninety minutes, six people each.",
        ((NOTE, "Room booked for {day}."),),
        "Both sessions held.", "low",
    ),
    Story(
        "alert", "Servers and services", "{asset}: disk 92 % full",
        "Check *disk /srv* went from OK to WARNING.\n\n```\n/srv 92% (368 of 400 GB)\n```",
        ((NOTE, "Log rotation had stopped."),),
        "Rotated; 61 %.", "high",
    ),
    Story(
        "alert", "Internet", "{asset}: no answer to ping for 5 minutes",
        "Check *ping* went from OK to CRITICAL.",
        ((NOTE, "Power cut in the building, back after 12 minutes."),),
        "Recovered by itself.", "very_high",
    ),
)  # fmt: skip
BY_KIND: dict[str, tuple[Story, ...]] = {
    kind: tuple(story for story in STORIES if story.kind == kind) for kind in dict.fromkeys(s.kind for s in STORIES)
}
