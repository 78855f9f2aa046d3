"""What was taught, to whom, and what they could do before and after."""

from __future__ import annotations

from svclib.sources.catalog.fields import UNIT, Field, Sheet


def _mark(zh: str, about: str, about_en: str, example: str) -> Field:
    return Field(zh, "number", False, about, about_en, example)


SHEETS: dict[str, Sheet] = {
    "training": Sheet(
        "培训",
        "应参训人员逐人逐课登记；培训前后都考才能比较",
        "Everyone due for a course, one row each; only those tested before and after are compared",
        ("person", "course"),
        {
            "person": Field(
                "人员编号", "text", True, "工号或编号，不写姓名", "Staff number, never a name", "P-001"
            ),
            "unit": UNIT,
            "course": Field("课程", "text", True, "培训课程", "Course", "服务用语"),
            "trained": Field(
                "参训",
                "yes",
                False,
                "应参训而未参训的写“否”；空白为是",
                "否 for who was due and did not come",
                "是",
            ),
            "full_marks": _mark("满分", "空白为 100", "Full marks, 100 unless given", "100"),
            "pre_theory": _mark("训前理论", "培训前理论成绩", "Theory before the course", "62"),
            "post_theory": _mark("训后理论", "培训后理论成绩", "Theory after the course", "81"),
            "pre_skill": _mark("训前实操", "培训前实操成绩", "Skill before the course", "58"),
            "post_skill": _mark("训后实操", "培训后实操成绩", "Skill after the course", "75"),
            "passed": Field(
                "考核合格", "yes", False, "未考核的空白", "Passed; empty where not assessed", "是"
            ),
            "satisfaction": _mark("培训满意度", "1 到 5 分", "Rating of the course, 1 to 5", "4"),
        },
    ),
}
