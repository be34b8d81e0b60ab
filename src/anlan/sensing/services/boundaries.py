"""What goes along when divisions change: things that stand there, their streams, open alarms, rules, doors."""

from django.utils.translation import gettext_noop

from anlan.places.ports import Goes

GOES = (
    Goes("sensing_thing", gettext_noop("感知设备"), live="t.stopped_at IS NULL"),
    Goes("sensing_datastream", gettext_noop("感知数据流"), live="t.stopped_at IS NULL",
         key="lpad(to_hex(t.id), 32, '0')::uuid"),  # its id is a number
    Goes("sensing_alarm", gettext_noop("没了结的设备报警"), live="t.state <> 'closed'"),
    Goes("sensing_rule", gettext_noop("报警规则"), live="t.state <> 'off'"),
    Goes("sensing_feed", gettext_noop("数据来源"), live="true"),
    Goes("sensing_purpose", gettext_noop("门禁、视频的用途备案"), live="t.ended_at IS NULL"),
)  # fmt: skip
