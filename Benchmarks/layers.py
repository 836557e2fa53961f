"""What the benchmarks share: one graph of trivial shell steps as a Larder recipe, a Snakefile and a
ninja file, the tools that run it, and the table of medians.

The graph has ten layers. A step of the first layer writes its number; every other step reads two
outputs of the layer before it and writes their checksum. All tools run the same commands in `bash
-euo pipefail`, each with as many jobs at once.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import pathlib
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
SNAKEMAKE = "9.27.1"
LAYERS = 10


@dataclasses.dataclass(frozen=True)
class Step:
    """One step: its layer, its number in it, and the numbers of the two steps that it reads."""

    layer: int
    number: int
    reads: tuple[int, ...]

    @property
    def name(self) -> str:
        return name(self.layer, self.number)


def name(layer: int, number: int) -> str:
    return f"l{layer}-{number:05}"


def graph(count: int) -> list[Step]:
    """`count` steps in ten layers, in an order in which they could run."""
    if count < LAYERS or count % LAYERS:
        raise SystemExit(f"the number of steps must be a multiple of {LAYERS}: {count}")
    width = count // LAYERS
    return [
        Step(layer, number, (number, (number + 1) % width) if layer else ())
        for layer in range(LAYERS)
        for number in range(width)
    ]


def command(inputs: list[str], output: str, number: int) -> str:
    """The shell command of a step."""
    if not inputs:
        return f"echo {number} > {output}"
    return f"cat {' '.join(inputs)} | cksum > {output}"


def write_recipe(folder: pathlib.Path, steps: list[Step]) -> None:
    """`recipes/layers.md` in a new kitchen."""
    text = ["---", "title: Layers", "---", "", "# Layers", ""]
    for step in steps:
        text += [f"```bash {{#{step.name}}}"]
        inputs = []
        if step.reads:
            roles = dict(zip("ab", (name(step.layer - 1, number) for number in step.reads)))
            inputs = [f"in/{role}" for role in roles]
            text += ["#| in: { " + ", ".join(f"{r}: {s}" for r, s in roles.items()) + " }"]
        text += ["#| out: out.txt", command(inputs, "out/out.txt", step.number), "```", ""]
    (folder / "recipes").mkdir(parents=True)
    (folder / "recipes" / "layers.md").write_text("\n".join(text))


def write_ninja(folder: pathlib.Path, steps: list[Step]) -> None:
    """`build.ninja`, one edge a step."""
    folder.mkdir(parents=True)
    text = ["rule step", "  command = bash -euo pipefail -c '$run'", ""]
    for step in steps:
        inputs = [f"out/{name(step.layer - 1, number)}" for number in step.reads]
        output = f"out/{step.name}"
        text += [f"build {output}: step {' '.join(inputs)}".rstrip()]
        text += [f"  run = {command(inputs, output, step.number)}"]
    (folder / "build.ninja").write_text("\n".join(text) + "\n")


def write_snakefile(folder: pathlib.Path, steps: list[Step]) -> None:
    """A Snakefile with one rule a layer, the form in which Snakemake is quickest."""
    folder.mkdir(parents=True)
    width = len(steps) // LAYERS
    text = [
        f"WIDTH = {width}",
        "def last(wildcards):",
        f"    return [f'out/l{LAYERS - 1}-{{number:05}}' for number in range(WIDTH)]",
        "rule all:",
        "    input: last",
    ]
    for layer in range(LAYERS):
        text += [f"rule l{layer}:"]
        if layer:
            text += [
                "    input:",
                f"        a='out/l{layer - 1}-{{number}}',",
                f"        b=lambda w: f'out/l{layer - 1}-{{(int(w.number) + 1) % WIDTH:05}}'",
            ]
        text += [f"    output: 'out/l{layer}-{{number}}'"]
        run = (
            "cat {input.a} {input.b} | cksum > {output}"
            if layer
            else ("echo $((10#{wildcards.number})) > {output}")
        )
        text += [f"    shell: '{run}'"]
    (folder / "Snakefile").write_text("\n".join(text) + "\n")


class Tool:
    """Something that runs the graph in a folder of its own."""

    title: str

    def version(self) -> str:
        raise NotImplementedError

    def prepare(self, folder: pathlib.Path, steps: list[Step]) -> None:
        raise NotImplementedError

    def arguments(self, folder: pathlib.Path, jobs: int) -> list[str]:
        raise NotImplementedError

    def answer(self, folder: pathlib.Path, step: Step) -> bytes:
        """What a step wrote, to see that all tools did the same."""
        return (folder / "out" / step.name).read_bytes()

    def run(self, folder: pathlib.Path, jobs: int) -> float:
        """Runs the graph and says how long it took, in seconds."""
        arguments = self.arguments(folder, jobs)
        with tempfile.TemporaryFile() as log:
            started = time.perf_counter()
            status = subprocess.run(
                arguments, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            ).returncode
            seconds = time.perf_counter() - started
            if status:
                log.seek(0)
                sys.stderr.buffer.write(log.read()[-4000:])
                raise SystemExit(f"{self.title} ended with {status}: {' '.join(arguments)}")
        return seconds


class Larder(Tool):
    def __init__(self, binary: pathlib.Path, options: tuple[str, ...] = ()) -> None:
        self.binary = binary
        self.options = options
        self.title = " ".join(("Larder", *options))

    def version(self) -> str:
        return said([str(self.binary), "--version"])

    def prepare(self, folder: pathlib.Path, steps: list[Step]) -> None:
        write_recipe(folder, steps)

    def arguments(self, folder: pathlib.Path, jobs: int) -> list[str]:
        return [
            str(self.binary),
            "run",
            "layers",
            "--kitchen",
            str(folder),
            "--progress",
            "none",
            "--jobs",
            str(jobs),
            *self.options,
        ]

    def answer(self, folder: pathlib.Path, step: Step) -> bytes:
        target = f"layers:{step.name}"
        return subprocess.run(
            [str(self.binary), "cat", target, "--kitchen", str(folder)],
            check=True,
            stdout=subprocess.PIPE,
        ).stdout


class Ninja(Tool):
    title = "ninja"

    def version(self) -> str:
        return said(["ninja", "--version"])

    def prepare(self, folder: pathlib.Path, steps: list[Step]) -> None:
        write_ninja(folder, steps)

    def arguments(self, folder: pathlib.Path, jobs: int) -> list[str]:
        return ["ninja", "--quiet", "-j", str(jobs)]


class Snakemake(Tool):
    title = "Snakemake"

    def __init__(self) -> None:
        self.environment = ROOT / ".build" / "benchmarks" / f"snakemake-{SNAKEMAKE}"

    def install(self) -> None:
        """Makes the virtual environment with Snakemake in it, once."""
        done = self.environment / "installed"
        if done.exists():
            return
        print(f"installing Snakemake {SNAKEMAKE} in {self.environment}", file=sys.stderr)
        shutil.rmtree(self.environment, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", str(self.environment)], check=True)
        subprocess.run(
            [
                str(self.environment / "bin" / "pip"),
                "install",
                "--quiet",
                f"snakemake=={SNAKEMAKE}",
            ],
            check=True,
        )
        done.touch()

    def version(self) -> str:
        return said([str(self.environment / "bin" / "snakemake"), "--version"])

    def prepare(self, folder: pathlib.Path, steps: list[Step]) -> None:
        write_snakefile(folder, steps)

    def arguments(self, folder: pathlib.Path, jobs: int) -> list[str]:
        return [str(self.environment / "bin" / "snakemake"), "--cores", str(jobs), "--quiet", "all"]


def said(arguments: list[str]) -> str:
    """The first line of what a program says."""
    answer = subprocess.run(arguments, stdout=subprocess.PIPE, text=True, check=True).stdout
    return answer.strip().splitlines()[0]


def machine() -> str:
    """One line on the machine that this runs on."""
    model = "unknown processor"
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{model}, {len(os.sched_getaffinity(0))} cores, {memory:.0f} GiB, "
        f"Linux {platform.release()}, load {os.getloadavg()[0]:.1f} at the start"
    )


def parser(text: str) -> argparse.ArgumentParser:
    """The options that both benchmarks have."""
    cores = len(os.sched_getaffinity(0))
    options = argparse.ArgumentParser(description=text)
    options.add_argument(
        "--steps",
        type=int,
        nargs="+",
        default=[1000],
        metavar="N",
        help="sizes of the graph, multiples of 10 (1000)",
    )
    options.add_argument("--runs", type=int, default=5, help="timings of each tool (5)")
    options.add_argument("--jobs", type=int, default=cores, help=f"steps at once ({cores})")
    options.add_argument(
        "--tools", default="larder,ninja,snakemake", help="which to time, in this order (all)"
    )
    options.add_argument(
        "--larder",
        type=pathlib.Path,
        default=ROOT / ".build" / "release" / "larder",
        help="the binary (.build/release/larder)",
    )
    options.add_argument(
        "--folder",
        type=pathlib.Path,
        default=ROOT / ".build" / "benchmarks",
        help="where the graphs are run; its file system matters (.build/benchmarks)",
    )
    return options


def tools(options: argparse.Namespace) -> list[Tool]:
    """The tools that were asked for, ready to run."""
    chosen: list[Tool] = []
    for tool in options.tools.split(","):
        match tool:
            case "larder" | "larder-no-sandbox":
                binary = options.larder.resolve()
                if not binary.exists():
                    raise SystemExit(f"there is no {binary}: scripts/larder --version builds it")
                chosen.append(Larder(binary, ("--no-sandbox",) if "-" in tool else ()))
            case "ninja":
                if not shutil.which("ninja"):
                    raise SystemExit("there is no ninja: apt-get install ninja-build")
                chosen.append(Ninja())
            case "snakemake":
                snakemake = Snakemake()
                snakemake.install()
                chosen.append(snakemake)
            case _:
                raise SystemExit(f"there is no tool {tool}")
    return chosen


def check(tool: Tool, folder: pathlib.Path, steps: list[Step], answers: dict[str, bytes]) -> None:
    """Stops where a tool wrote something else than the first one did."""
    for step in (steps[-1], steps[-len(steps) // LAYERS]):
        answer = tool.answer(folder, step)
        if answers.setdefault(step.name, answer) != answer:
            raise SystemExit(
                f"{tool.title} wrote {answer!r} for {step.name}, not {answers[step.name]!r}"
            )


def report(title: str, steps: int, jobs: int, timings: dict[Tool, list[float]]) -> None:
    """A Markdown table: medians, and ratios to the first tool."""
    medians = {tool: statistics.median(seconds) for tool, seconds in timings.items()}
    base = next(iter(medians.values()))
    print(f"\n{title}: {steps:,} steps, {jobs} at once\n")
    print("| tool | version | median | a step | fastest–slowest | ratio | runs |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for tool, seconds in timings.items():
        median = medians[tool]
        print(
            f"| {tool.title} | {tool.version()} | {median:.3f} s | {median / steps * 1000:.3f} ms "
            f"| {min(seconds):.3f}–{max(seconds):.3f} s | {median / base:.2f} | {len(seconds)} |"
        )
    sys.stdout.flush()
