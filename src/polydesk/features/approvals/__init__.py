"""Who approves a change: boards, approvers, votes and the quorum that decides (RC-071, AT-230, AT-235)."""
