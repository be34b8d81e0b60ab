"""Settings of the work itself: how long, how near, how many. The installation's own stand in settings.py."""

from environs import Env, validate

env = Env(expand_vars=False)

# --- reports from below


def climb(minutes: list[float]) -> tuple[float, float]:
    """Return after how long (minutes or hours) what nobody acts on goes one desk up, and two. Raises ValueError."""
    if len(minutes) != 2 or not 0 < minutes[0] < minutes[1]:
        raise ValueError(f"two rising numbers are wanted, such as 5,10: {minutes}")
    return minutes[0], minutes[1]


REPORT_MINUTES = climb(env.list("ANLAN_REPORT_MINUTES", [5, 10], subcast=float))
REPORT_URGENT_MINUTES = climb(env.list("ANLAN_REPORT_URGENT_MINUTES", [2, 5], subcast=float))
REPORT_NEAR_METRES = env.float("ANLAN_REPORT_NEAR_METRES", 500)
REPORT_NEAR_MINUTES = env.float("ANLAN_REPORT_NEAR_MINUTES", 60)
PHOTO_MB = env.int("ANLAN_PHOTO_MB", 12)
PHOTOS_MOST = env.int("ANLAN_PHOTOS", 3)

# --- the field page

FIELD_RECORDS_MOST = env.int("ANLAN_FIELD_RECORDS", 200)  # in one request
FIELD_SYNC_KB = env.int("ANLAN_FIELD_SYNC_KB", 4096)  # of one request, unpacked
FIELD_RECORD_KB = env.int("ANLAN_FIELD_RECORD_KB", 64)  # of one record
FIELD_INFLIGHT_MB = env.int("ANLAN_FIELD_INFLIGHT_MB", 64)  # that a process holds of requests under way

# --- hazards


def hazard_limits(raw: list[str]) -> dict[str, tuple[float, str]]:
    """Return {"d7": (7.0, "d")} from ["d7=7d"]; h is clock hours, d days. Raises ValueError."""
    read = {"at_once": (2.0, "h"), "h24": (24.0, "h"), "d7": (7.0, "d"), "d15": (15.0, "d"), "d30": (30.0, "d")}
    for name, words in (one.split("=", 1) for one in raw):
        if name not in read or words[-1:] not in {"h", "d"} or not 0 < float(words[:-1] or 0) < 10_000:
            raise ValueError(f"ANLAN_HAZARD_LIMITS: {name}={words}, wanted one of {', '.join(read)} with 2h or 7d")
        read[name] = (float(words[:-1]), words[-1])
    return read


HAZARD_LIMITS = hazard_limits(env.list("ANLAN_HAZARD_LIMITS", []))
HAZARD_LIMIT_DAYS_WORKING = env.bool("ANLAN_HAZARD_LIMIT_DAYS_WORKING", default=True)
HAZARD_GRADE_LIMITS = dict(
    one.split("=", 1) for one in env.list("ANLAN_HAZARD_GRADE_LIMITS", ["general=d7", "major=d30"])
)
HAZARD_CONFIRM_HOURS = climb(env.list("ANLAN_HAZARD_CONFIRM_HOURS", [8, 24], subcast=float))
HAZARD_ASSIGN_HOURS = climb(env.list("ANLAN_HAZARD_ASSIGN_HOURS", [8, 24], subcast=float))
HAZARD_ACCEPT_HOURS = climb(env.list("ANLAN_HAZARD_ACCEPT_HOURS", [48, 96], subcast=float))
HAZARD_DECIDE_HOURS = climb(env.list("ANLAN_HAZARD_DECIDE_HOURS", [24, 48], subcast=float))
HAZARD_REMIND_HOURS = env.float("ANLAN_HAZARD_REMIND_HOURS", 24)
HAZARD_OVERDUE_HOURS = sorted(env.list("ANLAN_HAZARD_OVERDUE_HOURS", [0, 24, 72], subcast=float))
HAZARD_RECUR_DAYS = env.int("ANLAN_HAZARD_RECUR_DAYS", 180)
HAZARD_NEAR_METRES, HAZARD_NEAR_DAYS = env.float("ANLAN_HAZARD_NEAR_METRES", 150), env.int("ANLAN_HAZARD_NEAR_DAYS", 90)
HAZARD_CLOCK_AHEAD_MINUTES = env.float("ANLAN_HAZARD_CLOCK_AHEAD_MINUTES", 10)
HAZARD_CLOCK_BEHIND_DAYS = env.int("ANLAN_HAZARD_CLOCK_BEHIND_DAYS", 30)

FINDING_RISE, FINDING_AGAIN = env.int("ANLAN_FINDING_RISE", 5), env.int("ANLAN_FINDING_AGAIN", 3)
FINDING_OVERDUE, FINDING_SILENT_DAYS = env.int("ANLAN_FINDING_OVERDUE", 5), env.int("ANLAN_FINDING_SILENT_DAYS", 90)
FORM_QUOTA, FORM_GATE_STOPS = env.int("ANLAN_FORM_QUOTA", 20), env.bool("ANLAN_FORM_GATE_STOPS", False)


# --- residents' 随手拍, supervision and referrals


def per_hour_and_day(counts: list[int]) -> tuple[int, int]:
    """Return how many an hour and a day are taken at once. Raises ValueError."""
    if len(counts) != 2 or not 0 < counts[0] <= counts[1]:
        raise ValueError(f"two rising counts are wanted, such as 5,15: {counts}")
    return counts[0], counts[1]


MAJOR_REPORT_HOURS = env.float("ANLAN_MAJOR_REPORT_HOURS", 2)
REFERRAL_RECEIPT_DAYS = env.int("ANLAN_REFERRAL_RECEIPT_DAYS", 3)  # working days
FOLLOW_UP_HOURS = env.float("ANLAN_FOLLOW_UP_HOURS", 72)
CONDUCT_OPEN_HOURS = env.float("ANLAN_CONDUCT_OPEN_HOURS", 8)  # how long a stated reason opens somebody's page
LEAD_ANSWER_DAYS = env.int("ANLAN_LEAD_ANSWER_DAYS", 5, validate=validate.Range(1, 60))  # working days to answer
LEAD_EVIDENCE = max(env.int("ANLAN_LEAD_EVIDENCE", 2), 2)  # entries at least; the database holds two
PUBLISH_DAYS = env.int("ANLAN_PUBLISH_DAYS", 30)
TIP_WORKDAYS = env.int("ANLAN_TIP_WORKDAYS", 2)
TIPS_NETWORK = per_hour_and_day(env.list("ANLAN_TIPS_NETWORK", [30, 120], subcast=int))
TIPS_DEVICE = per_hour_and_day(env.list("ANLAN_TIPS_DEVICE", [5, 15], subcast=int))
TIPS_FLOOD = env.int("ANLAN_TIPS_FLOOD", 10)  # so many times the day's limit is more than a queue can hold
INFORMANT_DAYS = env.int("ANLAN_INFORMANT_DAYS", 180)
REWARD_MOST = env.int("ANLAN_REWARD_MOST", 5000)  # yuan

# --- inspections


def by_risk(days: list[int]) -> dict[int, int]:
    """Return {risk: days} of four rising numbers, the highest risk first. Raises ValueError."""
    if len(days) != 4 or days != sorted(days) or days[0] < 1:
        raise ValueError(f"four rising numbers of days are wanted, highest risk first, such as 7,15,30,90: {days}")
    return dict(zip((4, 3, 2, 1), days, strict=True))


INSPECT_DAYS = by_risk(env.list("ANLAN_INSPECT_DAYS", [7, 15, 30, 90], subcast=int))
INSPECT_CLEAN = env.int("ANLAN_INSPECT_CLEAN", 3)  # clean visits in a row after which the days double
INSPECT_LOOK_BACK_DAYS = env.int("ANLAN_INSPECT_LOOK_BACK_DAYS", 180)  # a major hazard halves them so long
INSPECT_AHEAD_DAYS = env.int("ANLAN_INSPECT_AHEAD_DAYS", 7)  # a task is laid so long before it is due
INSPECT_MERGE_DAYS = env.int("ANLAN_INSPECT_MERGE_DAYS", 7)  # tasks so close to each other are one visit (综合查一次)
INSPECT_LOOK_DAYS = env.int("ANLAN_INSPECT_LOOK_DAYS", 7)  # for a professional look, and for a spot-check
SELF_CHECK_DAYS = env.int("ANLAN_SELF_CHECK_DAYS", 90)  # so long a self-check speaks for fewer visits
SELF_CHECK_GRACE_DAYS = env.int("ANLAN_SELF_CHECK_GRACE_DAYS", 15)  # 自报免罚窗口
SELF_CHECK_DAILY = env.int("ANLAN_SELF_CHECK_DAILY", 5)  # checks by others of one object in 24 hours, by link
SPOT_CHECK_PERCENT = env.int("ANLAN_SPOT_CHECK_PERCENT", 10, validate=validate.Range(0, 100))
SPOT_CHECK_SEED = env.str("ANLAN_SPOT_CHECK_SEED", "anlan")
HINT_PHOTO_BITS = env.int("ANLAN_HINT_PHOTO_BITS", 6, validate=validate.Range(0, 7))  # above, the index finds not all
HINT_SAME_SECOND = env.int("ANLAN_HINT_SAME_SECOND", 3, validate=validate.Range(2))
HINT_KMH = env.int("ANLAN_HINT_KMH", 60, validate=validate.Range(1))

# --- alarms of devices


def by_level(minutes: list[float]) -> dict[int, float]:
    """Return {level: minutes} of four rising numbers, red first. Raises ValueError."""
    if len(minutes) != 4 or minutes != sorted(minutes) or minutes[0] <= 0:
        raise ValueError(f"four rising numbers of minutes are wanted, red first, such as 5,15,30,60: {minutes}")
    return dict(zip((4, 3, 2, 1), minutes, strict=True))


ALARM_MINUTES = by_level(env.list("ANLAN_ALARM_MINUTES", [5, 15, 30, 60], subcast=float))  # until it climbs
ALARM_QUIET_MINUTES = env.float("ANLAN_ALARM_QUIET_MINUTES", 10)  # what comes again so soon is the same alarm
ALARM_VERDICTS_LEAST = env.int("ANLAN_ALARM_VERDICTS", 20)  # verdicts from which another limit is suggested

# --- sensing

SENSING_AHEAD_MINUTES = env.float("ANLAN_SENSING_AHEAD_MINUTES", 10)  # a clock so far ahead is wrong
SENSING_LATE_HOURS = env.float("ANLAN_SENSING_LATE_HOURS", 6)  # a reading that comes so late sets off nothing
SENSING_SILENT_TIMES = env.float("ANLAN_SENSING_SILENT_TIMES", 3)  # expected intervals without a reading
SENSING_KEEP_DAYS = env.int("ANLAN_SENSING_KEEP_DAYS", 0)  # 0: raw readings are kept for ever
SENSING_BATCH_MB = env.float("ANLAN_SENSING_BATCH_MB", 16)  # of one request, unpacked
SENSING_BATCH_MOST = env.int("ANLAN_SENSING_BATCH_MOST", 200_000)  # readings in one request
SENSING_INFLIGHT_MB = env.float("ANLAN_SENSING_INFLIGHT_MB", 128)  # that a process holds of requests under way
SENSING_PEOPLE = env.bool("ANLAN_SENSING_PEOPLE", False)  # counts and events of gates and cameras, with a purpose

# --- double check-in

MUSTER_LEAST = env.int("ANLAN_MUSTER_LEAST", 5)
MUSTER_MOST = env.int("ANLAN_MUSTER_MOST", 12)
SKILLS: list[str] = env.list("ANLAN_SKILLS", [])  # empty: people.terms.SKILLS
CHECKIN_HOURLY = env.int("ANLAN_CHECKIN_HOURLY", 200)  # by the public page, in one community
