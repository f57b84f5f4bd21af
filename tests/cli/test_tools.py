"""`plan graph rules specs schema fmt convert test`: each does its one thing and says so in its exit code."""

import io
import json
from pathlib import Path

import pytest

UGLY = """\
rmcompose 1
# a remark
composition main->score[0,1]{ rule same=accuracy()  # another
return same }
"""
TESTED = '''\
rmcompose 1

composition main -> score[0, 1] {
  judge j: score[0, 1] {
    model = "judge"
    given = [response]
    rubric """
      Is it polite?
      """
  }

  return j

  test "polite" {
    given response = "Please."
    stub j = 0.9
    expect return > 0.5
  }

  test "rude" {
    given response = "No."
    stub j = 0.9
    expect return < 0.5
  }
}
'''


class TestPlan:
    def test_text(self, rmcompose, spec):
        done = rmcompose("plan", spec())
        assert (done.code, done.err) == (0, "")
        assert "accuracy" in done.out
        assert "reference" in done.out

    def test_json(self, rmcompose, spec):
        done = rmcompose("plan", spec(), "--format", "json")
        assert done.code == 0
        assert "same" in json.dumps(json.loads(done.out))

    def test_params_are_checked(self, rmcompose, spec):
        assert rmcompose("plan", spec(), "--set", "w=1").code == 2

    def test_a_spec_with_errors(self, rmcompose, spec):
        done = rmcompose("plan", spec("rmcompose 1\n"))
        assert done.code in (1, 2)
        assert done.out == ""


class TestGraph:
    @pytest.mark.parametrize(("to", "start"), [("mermaid", "flowchart"), ("dot", "digraph"), ("svg", "<svg")])
    def test_drawings(self, rmcompose, spec, to, start):
        done = rmcompose("graph", spec(), "--to", to)
        assert done.code == 0
        assert start in done.out
        assert "same" in done.out

    def test_to_a_file(self, rmcompose, spec, folder):
        done = rmcompose("graph", spec(), "--to", "svg", "-o", "graph.svg")
        assert (done.code, done.out) == (0, "")
        assert (folder / "graph.svg").read_text() == rmcompose("graph", spec(), "--to", "svg").out

    def test_a_file_that_cannot_be_written(self, rmcompose, spec):
        done = rmcompose("graph", spec(), "-o", "no/folder/graph.svg")
        assert done.code == 4
        assert done.err == "rmcompose: `no/folder/graph.svg`: no such file or directory\n"


class TestSpecs:
    def test_the_library(self, rmcompose):
        listed = json.loads(rmcompose("specs", "--format", "json").out)
        assert listed
        assert all(one["doc"] and Path(one["path"]).is_file() for one in listed)
        done = rmcompose("specs")
        lines = done.out.splitlines()
        assert [line.split()[0] for line in lines] == [one["name"] for one in listed]
        assert all(
            one["range"] in line and line.endswith(one["scenario"]) for one, line in zip(listed, lines, strict=True)
        )
        assert done.err.startswith(f"{len(listed)} specs; ")

    def test_words_choose(self, rmcompose):
        listed = json.loads(rmcompose("specs", "--format", "json").out)
        found = json.loads(rmcompose("specs", "RAG", "passages", "--format", "json").out)
        assert {"rag/faithfulness", "rag/rag"} <= {one["name"] for one in found}
        assert len(found) < len(listed)
        assert all(one in listed and "passages" in (one["title"] + one["scenario"]).casefold() for one in found)
        assert rmcompose("specs", "pairwise", "best-of-n").err.startswith("1 spec; ")

    def test_words_that_fit_nothing(self, rmcompose):
        done = rmcompose("specs", "helpfulnes", "--format", "json")
        assert (done.code, done.out) == (0, rmcompose("specs", "helpfulness", "--format", "json").out)
        done = rmcompose("specs", "math_listwise_rewards")
        assert (done.code, done.out) == (2, "")
        assert done.err == (
            "rmcompose: no spec of the library fits `math_listwise_rewards`: did you mean `math_listwise_reward`?\n"
        )
        assert "(`rmcompose specs` lists all)" in rmcompose("specs", "no", "such", "thing").err

    def test_a_card(self, rmcompose):
        done = rmcompose("specs", "math/solution")
        assert (done.code, done.err) == (0, "")
        assert done.out.startswith("math/solution -> score[0, 1]\n\nIs the final answer right")
        for said in (
            "scenario    mathematics with a reference answer",
            "cost        0 to 1 calls a response",
            "rules       math_verify",
            "reference  text  from sample.reference",
            "What a right answer is worth, however it was found.",
            "sound  pointwise scale  [1, 5]  sees prompt, response; 3 criteria",
            "Let's verify step by step (arXiv:2305.20050)",
        ):
            assert said in done.out
        one = json.loads(rmcompose("specs", "math/solution", "--format", "json").out)
        assert one in json.loads(rmcompose("specs", "--format", "json").out)

    def test_a_card_by_the_name_of_rm_gallery(self, rmcompose):
        done = rmcompose("specs", "base_helpfulness_listwise")
        assert done.out == rmcompose("specs", "alignment/helpfulness_listwise").out
        assert "stands for  base_helpfulness_listwise (RM-Gallery)" in done.out

    def test_every_card_can_be_shown(self, rmcompose):
        for one in json.loads(rmcompose("specs", "--format", "json").out):
            done = rmcompose("specs", one["name"])
            assert (done.code, done.err) == (0, "")
            assert one["title"] in done.out
            assert max(map(len, done.out.splitlines())) < 200

    def test_a_name_of_the_library_is_a_spec(self, rmcompose):
        for one in json.loads(rmcompose("specs", "--format", "json").out):
            assert rmcompose("plan", one["name"]).code == 0, one["name"]

    def test_a_name_that_is_nearly_one(self, rmcompose):
        name = json.loads(rmcompose("specs", "--format", "json").out)[0]["name"].partition("::")[0]
        done = rmcompose("plan", name + "x")
        assert done.code == 4
        assert f"did you mean `{name}`?" in done.err

    def test_a_file_comes_before_the_library(self, folder, spec):
        from rmcompose.library import names, resolve

        name = next(iter(names()))
        assert resolve(name) == names()[name]
        spec(name=name)
        assert str(resolve(name)) == name


def test_schema(rmcompose):
    done = rmcompose("schema")
    schema = json.loads(done.out)
    assert (done.code, done.err) == (0, "")
    assert schema["$schema"].startswith("https://json-schema.org/")


class TestFmt:
    def test_it_rewrites(self, rmcompose, spec, folder):
        name = spec(UGLY)
        (folder / name).chmod(0o640)
        done = rmcompose("fmt", name)
        assert (done.code, done.out, done.err) == (0, "main.rm\n", "1 of 1 file changed\n")
        text = (folder / name).read_text()
        assert "composition main -> score[0, 1] {" in text
        assert "# a remark" in text
        assert "# another" in text
        assert (folder / name).stat().st_mode & 0o777 == 0o640
        assert rmcompose("fmt", name).err == "0 of 1 file changed\n"
        assert (folder / name).read_text() == text
        assert [path.name for path in folder.iterdir()] == ["main.rm"]

    def test_check_only_looks(self, rmcompose, spec, folder):
        done = rmcompose("fmt", spec(UGLY), "--check")
        assert (done.code, done.out, done.err) == (1, "main.rm\n", "1 of 1 file would change\n")
        assert (folder / "main.rm").read_text() == UGLY
        rmcompose("fmt", "main.rm")
        assert rmcompose("fmt", "main.rm", "--check").code == 0

    def test_diff(self, rmcompose, spec, folder):
        done = rmcompose("fmt", spec(UGLY), "--diff")
        assert done.code == 1
        assert "+composition main -> score[0, 1] {" in done.out.splitlines()
        assert (folder / "main.rm").read_text() == UGLY

    def test_stdin_to_stdout(self, rmcompose, monkeypatch, spec, folder):
        spec(UGLY)
        rmcompose("fmt", "main.rm")
        monkeypatch.setattr("sys.stdin", io.StringIO(UGLY))
        done = rmcompose("fmt", "-")
        assert (done.code, done.out) == (0, (folder / "main.rm").read_text())

    def test_a_file_with_syntax_errors_is_left_alone(self, rmcompose, spec, folder):
        done = rmcompose("fmt", spec("rmcompose 1\ncomposition {\n"))
        assert done.code == 1
        assert "error[RM1" in done.err
        assert (folder / "main.rm").read_text() == "rmcompose 1\ncomposition {\n"

    def test_a_link_stays_a_link(self, rmcompose, spec, folder):
        spec(UGLY, name="real.rm")
        (folder / "link.rm").symlink_to("real.rm")
        rmcompose("fmt", "link.rm")
        assert (folder / "link.rm").is_symlink()
        assert (folder / "real.rm").read_text() != UGLY


class TestConvert:
    def test_there_and_back(self, rmcompose, spec, folder):
        rmcompose("fmt", spec(TESTED))
        text = (folder / "main.rm").read_text()
        done = rmcompose("convert", "main.rm", "--to", "yaml", "-o", "main.rm.yaml")
        assert (done.code, done.out, done.err) == (0, "", "")
        assert rmcompose("validate", "main.rm.yaml").code == 0
        assert rmcompose("convert", "main.rm.yaml", "--to", "rm").out == text

    def test_a_spec_with_syntax_errors(self, rmcompose, spec):
        done = rmcompose("convert", spec("rmcompose 1\ncomposition {\n"), "--to", "yaml")
        assert (done.code, done.out) == (1, "")
        assert "error[RM1" in done.err

    def test_a_file_that_is_not_there(self, rmcompose):
        assert rmcompose("convert", "none.rm", "--to", "yaml").code == 4


class TestSpecTests:
    def test_failures_point_at_what_was_expected(self, rmcompose, spec):
        done = rmcompose("test", spec(TESTED))
        assert done.code == 1
        lines = done.out.splitlines()
        assert lines[0].startswith("pass  main.rm::main  polite")
        assert lines[1].startswith("FAIL  main.rm::main  rude")
        assert "error[RM601]" in done.out
        assert "--> main.rm:23:" in done.out
        assert done.err == "2 tests, 1 passed, 1 failed\n"

    def test_some_of_them(self, rmcompose, spec):
        done = rmcompose("test", spec(TESTED), "-k", "polite")
        assert (done.code, done.err) == (0, "1 test, 1 passed, 0 failed\n")

    def test_a_stub_of_nothing(self, rmcompose, spec):
        done = rmcompose("test", spec(TESTED.replace("stub j", "stub k", 1)), "-k", "polite")
        assert done.code == 1
        assert "RM602" in done.out

    def test_as_json(self, rmcompose, spec):
        done = rmcompose("test", spec(TESTED), "--format", "json")
        assert (done.code, done.err) == (1, "")
        assert [one["code"] for one in json.loads(done.out)] == ["RM601"]

    def test_a_spec_with_errors(self, rmcompose, spec):
        done = rmcompose("test", spec("rmcompose 1\ncomposition main -> bool { return x }\n"))
        assert done.code == 1
        assert "error[RM201]" in done.out

    def test_a_spec_without_tests(self, rmcompose, spec):
        done = rmcompose("test", spec())
        assert (done.code, done.err) == (0, "0 tests, 0 passed, 0 failed\n")

    def test_paths_that_are_not_there(self, rmcompose):
        assert rmcompose("test", "none").code == 4
