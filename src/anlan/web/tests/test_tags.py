"""PLT-05: components draw what they are told, escape what they are given, and never speak by colour alone."""

import datetime as dt

import pytest
from django import forms
from django.core.paginator import Paginator
from django.template import engines
from django.test import RequestFactory
from django.utils import translation

from anlan.kernel import clock


def draw(source: str, path: str = "/", **context) -> str:
    request = RequestFactory().get(path)
    with translation.override("zh-hans"):
        return engines["django"].from_string(source).render(context, request)


def test_a_level_has_word_and_gauge_beside_its_colour():
    drawn = draw('{% level "red" "暴雨红色预警" %}{% level "blue" %}')
    assert 'level--red"' in drawn
    assert "#g-4" in drawn
    assert "暴雨红色预警" in drawn
    assert "#g-1" in drawn
    assert "蓝色" in drawn


def test_a_level_that_is_none_of_the_four_has_no_colour():
    assert "level--" not in draw('{% level "purple" "别的" %}')


def test_what_is_given_is_escaped():
    bad = "<b onclick=x>"
    for source in (
        '{% level "red" bad %}', '{% state "late" bad %}', "{% person bad bad bad %}", "{% facts pairs %}",
        "{% empty bad bad %}",
        '{% icon "pin" bad %}', "{% grade bad %}", "{% kpis figures %}", "{% timeline items %}",
        "{% ladder rungs %}", "{% errors wrong %}",
    ):  # fmt: skip
        drawn = draw(
            source, bad=bad, pairs=[(bad, bad)], figures=[{"name": bad, "value": bad, "how": bad}], wrong={"x": bad},
            items=[{"at": clock.now(), "what": bad, "by": bad}], rungs=[{"name": bad, "lines": [bad]}],
        )  # fmt: skip
        assert bad not in drawn, source
        assert "&lt;b onclick" in drawn, source


def test_a_deadline_grows_heavier():
    now = clock.now()
    assert 'class="clock"' in draw("{% clock due %}", due=now + dt.timedelta(hours=5))
    assert "clock--soon" in draw("{% clock due %}", due=now + dt.timedelta(minutes=5))
    late = draw("{% clock due %}", due=now - dt.timedelta(minutes=5))
    assert "clock--late" in late
    assert "i-clock-late" in late
    assert "超时" in late
    assert "不限时" in draw("{% clock due %}", due=None)


def test_a_bar_fills_its_width_and_says_it_in_words():
    drawn = draw("{% bar 90 6 3 1 %}")
    assert 'width="90.0%"' in drawn
    assert "已应答 90.0%" in drawn
    assert draw("{% bar 0 0 0 0 %}").count("<rect") == 0
    assert 'width="50.0%"' in draw("{% bar 92 8 0 0 scale=16 %}")


def test_a_bar_never_runs_over_its_axis():
    assert 'width="100' in draw("{% bar 0 10 0 0 scale=2 %}")


def test_pages_keep_every_filter():
    page = Paginator(range(500), 20).page(3)
    drawn = draw("{% pagination page %}", "/x?q=彭&level=red&page=3", page=page)
    assert "level=red&amp;page=4" in drawn
    assert "page=3&amp;" not in drawn
    assert "共 500 条，这一页第 41 到 60 条" in drawn


def test_a_column_sorts_and_says_how():
    assert 'href="?sort=name"' in draw('{% sort_header "name" "地方" %}', "/x")
    sorted_up = draw('{% sort_header "name" "地方" %}', "/x?sort=name&page=4")
    assert 'aria-sort="ascending"' in sorted_up
    assert 'href="?sort=-name"' in sorted_up


class Form(forms.Form):
    title = forms.CharField(label="标题", help_text="一句话")
    sure = forms.BooleanField(label="确认")


def test_a_field_in_error_is_tied_to_its_message():
    form = Form({"title": ""})
    form.is_valid()
    drawn = draw("{% errors form %}{% field form.title %}{% field form.sure %}", form=form)
    assert 'href="#id_title"' in drawn
    assert 'aria-describedby="id_title-hint id_title-error"' in drawn
    assert 'aria-invalid="true"' in drawn
    assert "有 2 处要改" in drawn


def test_no_errors_no_box():
    assert draw("{% errors form %}", form=Form()).strip() == ""


def test_an_unknown_island_is_told_at_once():
    with pytest.raises(LookupError, match="no island is called 'nonsense'"):
        draw('{% island "nonsense" %}')


def test_again_repeats_a_block():
    child = '{% extends "shell/plain.html" %}{% block title %}标题甲{% endblock %}'
    assert draw(child).count("标题甲") == 2
