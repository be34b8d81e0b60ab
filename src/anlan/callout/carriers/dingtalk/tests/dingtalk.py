"""DingTalk's open platform as its documents say, on loopback: accessToken, asyncsend_v2, getsendresult, getbymobile."""

from dataclasses import dataclass, field

from anlan.callout.tests.platforms import Platform

KEY, SECRET = "dingkey0001", "app-secret"
FORM = {"app_key": KEY, "app_secret": SECRET, "agent_id": "2000001", "lookup": "on"}


@dataclass
class DingTalk(Platform):
    """`fates` maps a user to the list of a result that they stand in, `phones` a number to its user."""

    fates: dict = field(default_factory=dict)
    phones: dict = field(default_factory=dict)
    tasks: dict = field(default_factory=dict)
    code: int = 0

    def answer(self, method, path, query, headers, body):  # noqa: PLR0911 - one line per address
        if path == "/v1.0/oauth2/accessToken":
            if (body.get("appKey"), body.get("appSecret")) != (KEY, SECRET):
                return 400, {"code": "invalidClientIdOrSecret", "message": "无效的clientId或者clientSecret"}
            return 200, {"accessToken": self.mint(), "expireIn": 7200}
        if query.get("access_token") != self.good:
            return 200, {"errcode": 40014, "errmsg": "不合法的access_token"}
        if self.throttled:
            self.throttled -= 1
            return 200, {"errcode": 88, "errmsg": "ding talk error", "sub_code": "90018", "sub_msg": "too fast"}
        if self.code:
            return 200, {"errcode": self.code, "errmsg": "no permission"}
        if path == "/topapi/message/corpconversation/asyncsend_v2":
            task = 500_000 + len(self.tasks)
            self.tasks[task] = body["userid_list"].split(",")
            return 200, {"errcode": 0, "errmsg": "ok", "task_id": task, "request_id": "r"}
        if path == "/topapi/message/corpconversation/getsendresult":
            return 200, {"errcode": 0, "errmsg": "ok", "send_result": self.result(body["task_id"])}
        if path == "/topapi/v2/user/getbymobile":
            who = self.phones.get(body["mobile"])
            return 200, {"errcode": 0, "result": {"userid": who}} if who else {
                "errcode": 60121,
                "errmsg": "找不到该用户",
            }
        return 404, {"errcode": 404}

    def result(self, task):
        names = ("invalid_user_id_list", "forbidden_user_id_list", "failed_user_id_list", "read_user_id_list",
                 "unread_user_id_list")  # fmt: skip
        return {name: [who for who in self.tasks[task] if self.fates.get(who) == name] for name in names}
