"""Tests of the pure parts of the library steps' programs.

Run by `python3 -m unittest discover Tests/Programs`.
"""

import io
import sys
import tempfile
import unittest
from contextlib import redirect_stderr
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "Sources" / "Steps" / "Programs"))

import reading
import schedule
import score
import step
import words
from reading import Epoch
from step import Refusal
from template import Template

#: `shuffled(8, 10, 1)`, written down: a change would silently change every training.
RECORDED_ORDER = [3, 4, 5, 2, 7, 1, 0, 6]


class StepTests(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name) / "rows.jsonl"

    def test_rows_are_written_canonically_and_read_back(self) -> None:
        rows = [{"b": 1, "a": "é\n"}, {"c": [0.5, None]}]
        step.write_rows(self.path, rows)
        self.assertEqual(self.path.read_bytes(), '{"a":"é\\n","b":1}\n{"c":[0.5,null]}\n'.encode())
        self.assertEqual(step.read_rows(self.path), rows)

    def test_a_line_that_is_no_row_is_named(self) -> None:
        for line, said in (
            ("[1]", "line 2: a row is an object"),
            ("{", "line 2: not JSON"),
            ("", "line 2: not JSON"),
        ):
            self.path.write_text('{"a":1}\n' + line + "\n")
            with self.subTest(line), self.assertRaisesRegex(Refusal, said):
                step.read_rows(self.path)

    def test_not_a_number_is_never_written(self) -> None:
        with self.assertRaises(ValueError):
            step.canonical({"loss": float("nan")})

    def test_a_row_is_called_by_its_id_or_its_position(self) -> None:
        self.assertEqual(
            [step.name_of(row, 1) for row in ({"id": "x"}, {"id": 0}, {"id": None}, {})],
            ["x", "0", "#2", "#2"],
        )

    def test_a_refusal_is_one_sentence_and_exit_code_2(self) -> None:
        def refuse() -> None:
            raise Refusal("no rows")

        with redirect_stderr(io.StringIO()) as errors, self.assertRaises(SystemExit) as ended:
            step.run(refuse)
        self.assertEqual((ended.exception.code, errors.getvalue()), (2, "no rows\n"))

    def test_batches_cover_all_items_in_order(self) -> None:
        self.assertEqual(list(step.batches([1, 2, 3, 4, 5], 2)), [[1, 2], [3, 4], [5]])


class TemplateTests(unittest.TestCase):
    row = {"instruction": "Sum {context}", "context": "1, 2", "response": "3"}

    def test_jumpstart_default_word_for_word(self) -> None:
        prompt, completion = Template.jumpstart().render(self.row, "r")
        self.assertEqual(
            prompt,
            "Below is an instruction that describes a task, paired with an input that provides "
            "further context. Write a response that appropriately completes the request.\n\n"
            "### Instruction:\nSum {context}\n\n### Input:\n1, 2\n\n\n\n### Response:\n",
        )
        self.assertEqual(completion, " 3")
        self.assertTrue(
            Template.jumpstart(demarcation=False).render(self.row, "r")[0].endswith("1, 2\n\n")
        )

    def test_a_field_is_replaced_once_and_other_braces_stay(self) -> None:
        template = Template('{"q": {instruction}} {}', "{response}")
        self.assertEqual(template.render(self.row, "r")[0], '{"q": Sum {context}} {}')

    def test_missing_context_is_empty(self) -> None:
        self.assertEqual(
            Template("<{context}>", "{response}").render({"response": "x"}, "r"), ("<>", "x")
        )

    def test_prompt_completion_rows_are_taken_as_they_are(self) -> None:
        self.assertEqual(
            Template.jumpstart().render({"prompt": "p{context}", "completion": "c"}, "r"),
            ("p{context}", "c"),
        )

    def test_a_field_that_is_not_text_names_the_row(self) -> None:
        for row, said in (
            ({"instruction": "q"}, "row r7: `response` must be text, found nothing"),
            ({**self.row, "response": 3}, "found int"),
        ):
            with self.subTest(row), self.assertRaisesRegex(Refusal, said):
                Template.jumpstart().render(row, "r7")

    def test_a_wrong_template_file_is_refused(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "template.json"
            for text in (
                "{",
                "[]",
                '{"prompt": "p"}',
                '{"prompt": "p", "completion": 1}',
                '{"prompt": "p", "completion": "c"}',
            ):
                path.write_text(text)
                with self.subTest(text), self.assertRaises(Refusal):
                    Template.read(path)
            path.write_text('{"prompt": "{a}", "completion": "{b}", "more": 1}')
            self.assertEqual(Template.read(path).as_json(), {"prompt": "{a}", "completion": "{b}"})


class WordTests(unittest.TestCase):
    def test_normalisation(self) -> None:
        self.assertEqual(words.normalised("  The U.S.A., an\tOLD \n country! "), "usa old country")
        self.assertEqual(words.normalised("another theatre"), "another theatre")

    def test_metrics_over_words(self) -> None:
        # said: paris is capital; wanted: paris capital of france (as sets, without articles)
        answer, reference = "Paris is the capital, Paris.", "The capital of France: Paris"
        self.assertAlmostEqual(words.precision(answer, reference), 2 / 3)
        self.assertAlmostEqual(words.recall(answer, reference), 2 / 4)
        self.assertAlmostEqual(words.f1(answer, reference), 2 * (2 / 3) * (1 / 2) / (2 / 3 + 1 / 2))

    def test_exact_and_quasi_exact(self) -> None:
        cases = (
            (" Paris\n", "Paris", 1, 1),
            ("the paris!", "Paris", 0, 1),
            ("Paris, France", "Paris", 0, 0),
        )
        for answer, reference, exact, quasi in cases:
            with self.subTest(answer):
                self.assertEqual(
                    (
                        words.exact_match(answer, reference),
                        words.quasi_exact_match(answer, reference),
                    ),
                    (exact, quasi),
                )

    def test_nothing_in_common_or_nothing_said_is_zero(self) -> None:
        for answer in ("Rome", "", "the"):
            with self.subTest(answer):
                self.assertEqual(
                    [metric(answer, "Paris") for metric in words.WORD_METRICS.values()], [0] * 5
                )

    def test_the_best_alternative_counts_for_each_metric(self) -> None:
        reference = "London<OR>Paris <OR> the city of Paris"
        self.assertEqual(words.best(words.quasi_exact_match, "paris", reference), 1)
        self.assertEqual(words.best(words.recall, "city of Paris", reference), 1)
        self.assertEqual(words.best(words.exact_match, "Rome", reference), 0)


class ScoreTests(unittest.TestCase):
    row = {
        "id": 4,
        "instruction": "q",
        "response": "Paris",
        "base": {"answer": "Rome", "loss": 2.5, "tokens": 3},
    }

    def test_a_question_is_scored_for_those_who_answered(self) -> None:
        row = self.row | {"tuned": {"answer": "paris", "loss": 0.5, "tokens": 3}}
        metrics = score.text_metrics(["f1", "exact_match", "loss"])
        self.assertEqual(
            score.score(row, "4", metrics, True),
            {
                "base": {"exact_match": 0.0, "f1": 0.0, "loss": 2.5},
                "id": "4",
                "instruction": "q",
                "tuned": {"exact_match": 0.0, "f1": 1.0, "loss": 0.5},
            },
        )
        self.assertNotIn("tuned", score.score(self.row, "4", metrics, True))
        self.assertEqual(
            score.score(self.row, "4", metrics, False)["base"], {"exact_match": 0.0, "f1": 0.0}
        )

    def test_unknown_metrics_are_named(self) -> None:
        for names, said in ((["f2"], "f2: choose from exact_match"), ([], "is empty")):
            with self.subTest(names), self.assertRaisesRegex(Refusal, said):
                score.text_metrics(names)


class ScheduleTests(unittest.TestCase):
    lengths = [number * 7 % 50 for number in range(101)]

    def test_an_epoch_has_every_row_once(self) -> None:
        batches = schedule.epoch_batches(self.lengths, 8, seed=10, epoch=1)
        self.assertEqual(sorted(row for batch in batches for row in batch), list(range(101)))
        self.assertEqual(sorted(map(len, batches)), [5] + [8] * 12)

    def test_the_order_depends_on_seed_and_epoch_alone(self) -> None:
        first = schedule.epoch_batches(self.lengths, 8, seed=10, epoch=1)
        self.assertEqual(first, schedule.epoch_batches(self.lengths, 8, seed=10, epoch=1))
        self.assertNotEqual(first, schedule.epoch_batches(self.lengths, 8, seed=11, epoch=1))
        self.assertNotEqual(first, schedule.epoch_batches(self.lengths, 8, seed=10, epoch=2))

    def test_an_epoch_mixes_other_rows_not_only_other_batches(self) -> None:
        first, second = (
            {frozenset(batch) for batch in schedule.epoch_batches(self.lengths, 8, 10, epoch)}
            for epoch in (1, 2)
        )
        self.assertLess(len(first & second), 3)

    def test_the_order_never_changes_between_releases(self) -> None:
        self.assertEqual(schedule.shuffled(8, 10, 1), RECORDED_ORDER)

    def test_rows_of_like_length_meet(self) -> None:
        def padding(batches: list[list[int]]) -> int:
            return sum(len(batch) * max(self.lengths[row] for row in batch) for batch in batches)

        plain = list(step.batches(list(range(101)), 8))
        self.assertLess(
            padding(schedule.epoch_batches(self.lengths, 8, 10, 1)), 0.75 * padding(plain)
        )

    def test_a_split_is_disjoint_complete_and_never_all(self) -> None:
        for count, ratio, held in (
            (10, 0.2, 2),
            (10, 0.0, 0),
            (10, 0.01, 1),
            (10, 1.0, 9),
            (1, 0.5, 0),
        ):
            with self.subTest(count=count, ratio=ratio):
                train, validation = schedule.split_rows(count, ratio, seed=0)
                self.assertEqual(len(validation), held)
                self.assertEqual(sorted(train + validation), list(range(count)))
        self.assertNotEqual(schedule.split_rows(50, 0.2, 0), schedule.split_rows(50, 0.2, 1))

    def test_learning_rates(self) -> None:
        def rates(name: str) -> list[float]:
            return [round(schedule.learning_rate(1.0, name, done, 4), 6) for done in range(4)]

        self.assertEqual(rates("linear"), [1.0, 0.75, 0.5, 0.25])
        self.assertEqual(rates("constant"), [1.0] * 4)
        self.assertEqual(rates("cosine"), [1.0, 0.853553, 0.5, 0.146447])


class ReadingTests(unittest.TestCase):
    def read(self, before: float | None, *validation: float | None) -> dict:
        epochs = [Epoch(number, 0.5, loss) for number, loss in enumerate(validation, start=1)]
        return reading.read(before, epochs)

    def test_readings(self) -> None:
        cases = (
            ((2.0, 1.0, 0.8, 0.7), "improving", 3),
            ((2.0, 1.0, 0.8, 0.9), "overfitting", 2),
            ((2.0, 1.0, 0.8, 0.803), "settled", 2),
            ((2.0, 1.0, 0.8, 0.797), "settled", 3),
            ((2.0, 2.5, 2.1), "worse", 2),
            ((2.0, 1.0), "improving", 1),
            ((None, None, None), "unknown", 2),
        )
        for (before, *validation), word, best in cases:
            with self.subTest(validation):
                found = self.read(before, *validation)
                self.assertEqual((found["reading"], found["best_epoch"]), (word, best))

    def test_the_gap_is_validation_minus_training_at_the_best_epoch(self) -> None:
        epochs = [Epoch(1, 0.9, 1.0), Epoch(2, 0.4, 0.75), Epoch(3, 0.1, 1.25)]
        found = reading.read(2.0, epochs)
        self.assertEqual(
            (found["gap"], found["last_validation_loss"], found["best_epoch"]), (0.35, 1.25, 2)
        )
        self.assertIn("epoch to 2", found["suggestion"])

    def test_of_equal_epochs_the_earliest_is_kept(self) -> None:
        self.assertEqual(self.read(2.0, 1.0, 1.0, 1.0)["best_epoch"], 1)


if __name__ == "__main__":
    unittest.main()
