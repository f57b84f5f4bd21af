"""`fit`: from a spec and labelled rows to the same spec with other defaults, and a report of what that is worth."""

from __future__ import annotations

import importlib.util
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rmcompose.compiler import Compilation, checked_params, split_target
from rmcompose.ir.types import Number
from rmcompose.learning.errors import FitError
from rmcompose.learning.names import Fitted, fitted_params
from rmcompose.learning.rewriting import with_defaults
from rmcompose.plan.constants import param_values
from rmcompose.primitives.packages import MissingPackage

if TYPE_CHECKING:
    from rmcompose.calibration.labels import LabelRule
    from rmcompose.data import Mapping as FieldMapping
    from rmcompose.learning.examples import Examples, Loss
    from rmcompose.learning.learner import Learned, Learner, Method
    from rmcompose.learning.leaves import Evaluated
    from rmcompose.learning.model import Model
    from rmcompose.learning.moving import Variants
    from rmcompose.learning.objective import Units
    from rmcompose.learning.report import FitReport
    from rmcompose.plan.plan import Plan
    from rmcompose.runtime.client import Client

CALIBRATIONS = ("threshold", "platt", "isotonic")
Told = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Options:
    """How to fit.

    `fitted` names params (None: those that weights are made of). `method` is `weights` or one of `CALIBRATIONS`.
    `strength` is that of the penalty, None to choose it on folds within. `group` is a path to what must not be on both
    sides of a fold, None for the prompt.
    """

    fitted: tuple[str, ...] | None = None
    method: Method = "weights"
    loss: Loss = "auto"
    simplex: bool = False
    strength: float | None = None
    folds: int = 5
    seed: int = 0
    resamples: int = 1000
    group: tuple[str, ...] | None = None


def fit(
    spec: str | Path,
    data: str | Path | Iterable[Any],
    *,
    fitted: Sequence[str] | None = None,
    calibrate: str | None = None,
    params: Mapping[str, Any] | None = None,
    loss: Loss = "auto",
    label: str | None = None,
    simplex: bool = False,
    strength: float | None = None,
    folds: int = 5,
    seed: int = 0,
    resamples: int = 1000,
    group: str | None = None,
    mapping: Mapping[str, str] | None = None,
    client: Client | None = None,
) -> FitReport:
    """Fits params of a spec to preferences or labels, and says what that is worth on held-out folds.

    The report's `spec_text` is the spec with other defaults; no file is written.

    Args:
        spec: `FILE`, `FILE::composition`, or a name of the library.
        data: a file, or rows of any known shape.
        fitted: names of the params; those that weights of members are made of where it is left out.
        calibrate: `threshold=PARAM`, `platt=A,B` or `isotonic=Y0,Y1,…`, instead of `fitted`.
        params: values of params, as for `load`; those that are fitted begin there.
        loss: `preference`, `binary` or `squared`; by the labels where it is `auto`.
        label: the path to labels; rows with `chosen` and `rejected` need none.
        simplex: holds weights at 0 or above, with the sum 1.
        strength: of the penalty; None chooses it on folds within each fold.
        folds: how many parts the prompts are divided into.
        seed: of the folds, the resamples and the orders of Shapley values.
        resamples: draws behind each interval.
        group: the path to what must not be on both sides of a fold; the prompt where it is left out.
        mapping: fields to read from elsewhere in the rows, as `{"reference": "label.gold"}`.
        client: what asks models.

    Raises:
        FitError: spec, data and what is asked for do not fit together.
        SpecError: the spec has errors. TargetError, ParamError, OSError as for `load`.
        MissingPackage: NumPy or SciPy is not installed.
    """
    from rmcompose.calibration.labels import LabelRule
    from rmcompose.data import parse_mapping, read
    from rmcompose.library.places import resolve

    path, name = split_target(spec)
    method: Method = "weights"
    names = fitted
    if calibrate is not None:
        if fitted is not None:
            raise FitError("`calibrate` names the params itself: leave out `fitted`")
        method, names = parse_calibration(calibrate)
    options = Options(
        fitted=None if names is None else tuple(names),
        method=method,
        loss=loss,
        simplex=simplex,
        strength=strength,
        folds=folds,
        seed=seed,
        resamples=resamples,
        group=None if group is None else tuple(group.split(".")),
    )
    from_file = isinstance(data, str | Path)
    rows = read(str(data)) if isinstance(data, str | Path) else data
    fields = parse_mapping([f"{one}={other}" for one, other in (mapping or {}).items()])
    rule = LabelRule(None if label is None else tuple(label.split(".")))
    compilation = Compilation(resolve(path))
    job = Job(compilation, name, dict(params or {}), options)
    return job.run(rows, rule, fields, client, data=str(data) if from_file else "rows")


def parse_calibration(text: str) -> tuple[Method, tuple[str, ...]]:
    """What `--calibrate METHOD=PARAM,…` says. Raises FitError for what is not of that form."""
    method, equals, named = text.partition("=")
    names = tuple(name.strip() for name in named.split(",") if name.strip())
    if method not in CALIBRATIONS or not equals or not names:
        raise FitError(f"`{text}` is no calibration: give threshold=PARAM, platt=A,B or isotonic=Y0,Y1,…")
    counts = {"threshold": (1, 1), "platt": (1, 2), "isotonic": (2, 1000)}[method]
    if not counts[0] <= len(names) <= counts[1]:
        wanted = {"threshold": "one param", "platt": "one or two params", "isotonic": "two params or more"}[method]
        raise FitError(f"`{method}` takes {wanted}, not {len(names)}")
    return method, names  # type: ignore[return-value]  # one of CALIBRATIONS


def require_packages() -> None:
    """Raises MissingPackage where what a fit computes with is not installed."""
    for package in ("numpy", "scipy", "threadpoolctl"):
        if importlib.util.find_spec(package) is None:
            raise MissingPackage(f"`fit` needs the package `{package}`: pip install 'rmcompose[fit]'")


@dataclass(slots=True)
class Job:
    """One fit. Making one checks all that can be checked without data; `run` does the rest."""

    compilation: Compilation
    name: str | None
    given: Mapping[str, Any]
    options: Options
    params: tuple[Fitted, ...] = ()
    variants: Variants = field(init=False)
    model: Model | None = None
    notes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        require_packages()
        from rmcompose.learning.moving import variants

        checked = self.compilation.composition(self.name)
        self.name = checked.composition.name
        values = param_values(checked, checked_params(checked.composition, self.given))
        self.params = fitted_params(checked, values, self.options.fitted)
        self._check_options()
        self.variants = variants(self.plan_of, self.params)
        if self.variants.start.result not in self.variants.moving:
            listed = ", ".join(f"`{param.name}`" for param in self.params)
            raise FitError(f"no score depends on {listed}: there is nothing to fit")
        self._make_model()

    def plan_of(self, values: Mapping[str, Number]) -> Plan:
        """The plan for values of the fitted params."""
        return self.compilation.plan(self.name, {**self.given, **values}, optimize=False)

    @property
    def plan(self) -> Plan:
        """The plan that is evaluated, for those who prepare a client."""
        return self.variants.start

    def _check_options(self) -> None:
        options = self.options
        if options.folds < 2:
            raise FitError("there are two folds at least: one to fit on and one to judge")
        if options.strength is not None and not 0 <= options.strength < math.inf:
            raise FitError("the strength of the penalty is a number from 0")
        if options.simplex:
            if options.method != "weights":
                raise FitError("`--simplex` is for weights, not for calibration")
            if not any(param.is_weight for param in self.params):
                raise FitError("`--simplex` is for weights, and no fitted param is one")
            if any(param.whole for param in self.params if param.is_weight):
                raise FitError(
                    "`--simplex` needs weights that are floats: whole numbers that sum to 1 choose one member"
                )
        if options.method == "isotonic":
            starts = [param.start for param in self._in_asked_order()]
            if starts != sorted(starts):
                raise FitError("`isotonic` begins with defaults in rising order, in the order they are named")

    def _in_asked_order(self) -> tuple[Fitted, ...]:
        by_name = {param.name: param for param in self.params}
        return tuple(by_name[name] for name in self.options.fitted or by_name)

    def _make_model(self) -> None:
        from rmcompose.learning.model import Model, with_leaves
        from rmcompose.learning.moving import Unsuited

        if self.options.method == "isotonic":
            self.params = self._in_asked_order()
            from rmcompose.learning.moving import variants

            self.variants = variants(self.plan_of, self.params)
        try:
            self.model = Model(self.variants)
        except Unsuited as why:
            self._without_model(str(why))
        else:
            self.variants = with_leaves(self.variants, self.model.leaves)

    def _without_model(self, why: str) -> None:
        self.model = None
        self.notes.append(f"{why}: scores are computed by the runtime alone, which is slow; no contributions are told")

    # ---- with data ---------------------------------------------------------------------------------------------------

    def run(
        self,
        rows: Iterable[Any],
        rule: LabelRule,
        mapping: FieldMapping | None = None,
        client: Client | None = None,
        *,
        data: str = "rows",
        told: Told = lambda _: None,
        scored: Callable[[int, int], None] = lambda _done, _all: None,
    ) -> FitReport:
        """Reads the rows, evaluates them once, fits and judges."""
        import scipy.optimize  # noqa: F401  # loaded before threads are limited, or its own would not be
        from threadpoolctl import threadpool_limits

        from rmcompose.learning.examples import examples

        options = self.options
        loss = options.loss if options.method != "platt" or options.loss != "auto" else "binary"
        found = examples(rows, rule, loss, mapping=mapping, group=options.group)
        self._check_loss(found)
        total = len(found.views)
        evaluated = self._evaluated(found, client, lambda done: scored(done, total))
        # arrays this small are slower on several threads, and the order of sums would depend on the machine
        with threadpool_limits(1, "blas"):
            return self._fitted(self._learner(found, evaluated), data, told)

    def _check_loss(self, found: Examples) -> None:
        low, high = self.variants.start.returns.bounds
        if found.loss == "binary" and self.options.method != "threshold" and not (low >= 0 and high <= 1):
            raise FitError(
                f"log loss reads the score as a chance, and `{self.name}` gives [{low:g}, {high:g}]: declare a range "
                "within [0, 1], fit pairs, or give `--loss squared`"
            )
        if self.options.method == "threshold" and found.loss == "squared":
            raise FitError("a threshold is fitted to labels that are true or false, or to pairs")
        if self.options.method == "threshold" and not found.pairs and not math.isfinite(high - low):
            raise FitError(f"`{self.name}` has no range, so nothing says which of its scores count as true")

    def _evaluated(self, found: Examples, client: Client | None, show: Callable[[int], None]) -> Evaluated:
        """The leaves; by the runtime alone where the model does not give the runtime's scores."""
        import numpy as np

        from rmcompose.learning.leaves import Evaluated

        steps = self.variants.start.steps
        frozen = [name for name in steps if name not in self.variants.moving]
        leaves = [] if self.model is None else list(self.model.leaves.values())
        evaluated = Evaluated(self.variants.start, leaves, frozen, found.views, client, show)
        if self.model is not None:
            checks = [
                (np.zeros(len(self.params)), self.variants.start),
                (self.variants.together, self.variants.all_moved),
            ]
            for delta, plan in checks:
                if not self._same(evaluated, delta, plan):
                    self._without_model("the formulas of the fit and the runtime differ on these data")
                    return Evaluated(self.variants.start, [], frozen, found.views, client, show)
        return evaluated

    def _same(self, evaluated: Evaluated, delta: Any, plan: Plan) -> bool:
        """Whether the model gives the runtime's scores where it gives any."""
        import numpy as np

        assert self.model is not None
        ours = np.broadcast_to(self.model.scores(delta, evaluated.columns).value, (evaluated.responses,))
        theirs = evaluated.scores(plan)
        known = ~np.isnan(ours)
        return bool(np.allclose(ours[known], theirs[known], rtol=1e-9, atol=1e-9))

    def _learner(self, found: Examples, evaluated: Evaluated) -> Learner:
        from rmcompose.learning.learner import Learner
        from rmcompose.learning.solving import Shape

        options = self.options
        strength = options.strength
        if options.method in ("platt", "isotonic") and strength is None:
            strength = 0.0
        learner = Learner(
            found=found,
            params=self.params,
            evaluated=evaluated,
            plan_of=self.plan_of,
            model=self.model,
            shape=Shape(options.simplex, options.method == "isotonic"),
            strength=strength,
            method=options.method,
            seed=options.seed,
            span=self.variants.start.returns.bounds,
        )
        learner.held = self._held(learner)
        return learner

    def _held(self, learner: Learner) -> frozenset[int]:
        """The params that nothing can be learned of. Raises FitError where that is all, or nothing has a score."""
        import numpy as np

        from rmcompose.learning.objective import Units

        found, evaluated = learner.found, learner.evaluated
        units = Units.of(found, np.arange(found.size))
        start = units.margins(evaluated.scores(self.variants.start))
        if np.isnan(start).all():
            lost = evaluated.reasons()
            where = "; unscored are " + ", ".join(f"`{name}` ({count:,})" for name, count in list(lost.items())[:3])
            raise FitError(f"none of the {found.size:,} {found.unit} has a score{where if lost else ''}")
        held: set[int] = set()
        spreads = learner._spread(units, np.arange(evaluated.responses)) if found.pairs else []
        for place, param in enumerate(self.params):
            weighs = [spread for spread in spreads if spread.group.slopes[:, place].any()]
            if param.name in self.variants.unused:
                held.add(place)
                self.notes.append(f"nothing depends on `{param.name}`: it stays as it is")
            elif self.options.simplex and param.is_weight:
                continue  # weights that sum to 1 are fitted together
            elif weighs and not any(s.differs[s.group.slopes[:, place] != 0].any() for s in weighs):
                held.add(place)
                self.notes.append(f"what `{param.name}` weighs is the same within every pair: it stays as it is")
            elif self.options.method != "threshold" and not weighs:
                moved = units.margins(evaluated.scores(self.variants.plans[place]))
                if np.array_equal(moved, start, equal_nan=True):
                    held.add(place)
                    self.notes.append(f"`{param.name}` changes no score of these data: it stays as it is")
        if self.options.method == "threshold" and self._is_idle(learner, units):
            raise FitError(f"`{self.params[0].name}` changes no score of these data, wherever it is within its bounds")
        if len(held) == len(self.params):
            raise FitError("no fitted param changes a score of these data: " + "; ".join(self.notes))
        return frozenset(held)

    def _is_idle(self, learner: Learner, units: Units) -> bool:
        """Whether a threshold changes nothing between the ends of its bounds."""
        import numpy as np

        [param] = self.params
        ends = [end for end in (param.low, param.high) if math.isfinite(end)]
        if len(ends) < 2:
            return False
        low, high = ({param.name: int(end) if param.whole else end} for end in ends)
        one, other = (units.margins(learner.evaluated.scores(self.plan_of(values))) for values in (low, high))
        return bool(np.array_equal(one, other, equal_nan=True))

    def _fitted(self, learner: Learner, data: str, told: Told) -> FitReport:
        import numpy as np

        from rmcompose.calibration.bootstrap import Resampling
        from rmcompose.learning.assessment import assess
        from rmcompose.learning.contribution import contributions
        from rmcompose.learning.learner import runtime_scores
        from rmcompose.learning.looks import looks
        from rmcompose.learning.report import Counts, FitReport, fitted_rows

        found, options = learner.found, self.options
        resampling = Resampling(options.resamples, options.seed)
        done = assess(learner, options.folds, resampling, told)
        told("fitting on all folds")
        learned = learner.learn(np.arange(found.size), options.seed)
        text = with_defaults(self.compilation.source, self.compilation.document, str(self.name), learned.values)
        new = Compilation(self.compilation.path, text)
        new_plan = new.plan(self.name, self._kept())
        scores = runtime_scores(learner, learned.values)
        written = learner.evaluated.scores(new.plan(self.name, self._kept(), optimize=False))
        assert np.array_equal(scores, written, equal_nan=True), "the new spec does not score as it was fitted"
        told("contributions")
        added = contributions(learner, done.folds)
        seen = None if learner.model is None else looks(learner)
        report = FitReport(
            composition=str(self.name),
            path=str(self.compilation.path),
            spec=self.compilation.plan(self.name, self.given).digest,
            new_spec=new_plan.digest,
            spec_text=text,
            data=data,
            method=options.method,
            loss=found.loss,
            unit=found.unit,
            counts=Counts(
                found.read,
                found.unreadable,
                found.without,
                found.ties,
                found.problems,
                found.size,
                len(np.unique(found.groups)),
                self._unscored(learner),
            ),
            params=fitted_rows(self.params, learned.values, done),
            strength=learned.strength,
            strength_chosen=options.method == "weights" and options.strength is None,
            scale=learned.scale,
            assessment=done,
            training=_training(learner, learned, scores),
            contributions=added,
            looks=seen,
            resampling=resampling,
        )
        report.warnings = [*self._warnings(report, learned, new), *(seen.warnings if seen is not None else [])]
        return report

    def _kept(self) -> dict[str, Any]:
        """The params that were given and are not fitted."""
        fitted = {param.name for param in self.params}
        return {name: value for name, value in self.given.items() if name not in fitted}

    def _unscored(self, learner: Learner) -> int:
        import numpy as np

        from rmcompose.learning.objective import Units

        units = Units.of(learner.found, np.arange(learner.found.size))
        return int(np.isnan(units.margins(learner.evaluated.scores(self.variants.start))).sum())

    def _warnings(self, report: FitReport, learned: Learned, new: Compilation) -> list[str]:
        from rmcompose.learning.telling import verdict

        told = [verdict(report)] if report.within_noise else []
        half = report.figures.get("half_gain")
        if not report.within_noise and half is not None and (half.low is None or half.low <= 0):
            told.append("the gain comes of pairs that were tied: with ties as half it is within noise")
        told += self.notes
        if report.counts.unscored:
            told.append(
                f"{report.counts.unscored:,} {report.unit} have no score: they count as wrong, and teach nothing"
            )
        for param in report.params:
            if param.after in (param.low, param.high) and param.after != 0 and not param.is_weight:
                told.append(f"`{param.name}` is at the end of its bounds: beyond them may be better")
        if not learned.converged:
            told.append("the search for the best params ended before it converged")
        kept = self._kept()
        if kept:
            listed = ", ".join(f"`{name} = {value!r}`" for name, value in kept.items())
            told.append(f"fitted with {listed}, which the new spec does not hold")
        failed = [one for one in new.tests() if not one.passed]
        if failed:
            was = {one.name for one in self.compilation.tests() if not one.passed}
            names = [one.name for one in failed if one.name not in was]
            if names:
                told.append(f"spec tests that no longer hold: {', '.join(f'“{name}”' for name in names)}")
        return told


def _training(learner: Learner, learned: Learned, scores: Any) -> dict[str, float]:
    import numpy as np

    from rmcompose.learning.assessment import training_measures

    return training_measures(learner, scores, learned.scale, np.arange(learner.found.size))
