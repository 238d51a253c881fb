"""Computes the derived numbers of a demo a second time, by other means, and holds them against what the program prints.

Usage: check_numbers.py PROGRAM DEMO_FOLDER        (plain Python; see requirements.txt for its neighbours)

It reads the published payload, forms, scopes and agent-days, the roster, the interactions and the settings of the demo, and
computes every number from its definition. Nothing of the program's own sums is used, but two things that are searched for and not
computed: the variances of the leniency model are taken as published and tested for being the likeliest, and the state of a day
(open, settling, closed) is only asked to be one that its run could see.

Then every compared table is broken on purpose, a value or a row at a time: a check that would not notice fails too.
Exit code 0 when all agree, 1 with the first differences of each topic, 2 when it cannot be run.
"""

import collections
import csv
import pathlib
import sys

from second_opinion.alarms import check_alarms
from second_opinion.comparison import Check
from second_opinion.demo import Demo
from second_opinion.feeds import check_agent_days, check_calabrio, check_join
from second_opinion.page import check_report
from second_opinion.people import check_agents, check_evaluators
from second_opinion.trends import check_measures, check_trends

csv.field_size_limit(2**31 - 1)


def main(arguments):
    if len(arguments) != 2 or not pathlib.Path(arguments[1], "scorelake.toml").is_file():
        print(__doc__, file=sys.stderr)
        return 2
    check, demo = Check(), Demo(*arguments)
    said = demo.said("trends") | demo.said("agents") | demo.said("evaluators") | demo.said("alarms")
    check_measures(check, demo)
    shown, lives = check_trends(check, demo, said)
    check_agents(check, demo, said, check_evaluators(check, demo, said))
    check_alarms(check, demo, said, shown, lives)
    check_agent_days(check, demo)
    check_calabrio(check, demo)
    check_report(check, demo, said)
    check_join(check, demo)
    tolerances = collections.defaultdict(set)
    for topic, _, _, tolerance, _, _ in check.tables:
        tolerances[topic].add(tolerance)
    n_broken = check.notices()
    for topic, n in check.n.items():
        tolerance = f", to {max(tolerances[topic]):g}" if any(tolerances[topic]) else ""
        print(f"{topic}: {n} compared{tolerance}, {len(check.problems[topic]) or 'none'} differ", file=sys.stderr)
        for line in check.problems[topic][:5]:
            print(f"{topic}: {line}")
    print(f"{sum(check.n.values())} numbers recomputed; {n_broken} broken ones noticed", file=sys.stderr)
    return 1 if any(check.problems.values()) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
