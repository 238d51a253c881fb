"""What is compared, how a difference is told, and whether one would be noticed."""

import collections

COHORT = ["tenant", "platform", "form_id", "scored_by", "form_version_id", "content_hash"]
SCOPE = ["scope_kind", "scope_id"]
FORM = ["tenant", "platform", "form_id", "scored_by"]
NO_NUMBER = object()


class Check:
    """Collects comparisons, topic by topic."""

    def __init__(self):
        self.n, self.problems, self.tables = collections.Counter(), collections.defaultdict(list), []

    def equal(self, seen, expected, tolerance):
        numbers = isinstance(seen, (int, float)) and isinstance(expected, (int, float)) and not isinstance(expected, bool)
        if numbers:
            return abs(seen - expected) <= tolerance * max(1.0, abs(expected))
        return seen == expected

    def differences(self, key, columns, tolerance, expected, seen):
        """The differences of two lists of rows, and how many values were compared."""
        found, n = [], 0
        of_seen, of_expected = ({tuple(row[name] for name in key): row for row in rows} for rows in (seen, expected))
        if len(of_seen) != len(seen):
            found.append(f"{len(seen) - len(of_seen)} keys come twice")
        for odd in sorted(of_seen.keys() ^ of_expected.keys(), key=repr):
            found.append(f"{odd}: {'only the program has it' if odd in of_seen else 'the program lacks it'}")
        for one in of_seen.keys() & of_expected.keys():
            for column in columns:
                mine = of_expected[one][column]
                if mine is NO_NUMBER:
                    continue
                n += 1
                if not self.equal(of_seen[one][column], mine, tolerance):
                    found.append(f"{one} `{column}`: the program says {of_seen[one][column]!r}, recomputed {mine!r}")
        return found, n

    def table(self, topic, key, columns, tolerance, expected, seen):
        found, n = self.differences(key, columns, tolerance, expected, seen)
        self.n[topic] += n
        self.problems[topic] += found
        self.tables.append((topic, key, columns, tolerance, expected, seen))

    def fact(self, topic, is_so, words):
        self.n[topic] += 1
        if not is_so:
            self.problems[topic].append(words)

    def notices(self):
        """Breaks every table in every column, and asks whether that is seen."""
        n = 0
        for topic, key, columns, tolerance, expected, seen in self.tables:
            if self.problems[topic]:
                continue
            broken = [("a row is missing", seen[1:])] if seen else []
            mine = {tuple(row[name] for name in key): row for row in expected}
            for column in columns:
                broken_null = False
                for place, row in enumerate(seen):
                    of_mine = mine.get(tuple(row[name] for name in key), {}).get(column, NO_NUMBER)
                    value = row[column]
                    if of_mine is NO_NUMBER or value is None and broken_null:
                        continue
                    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
                    other = value + 20 * max(tolerance, 1e-9) * max(1.0, abs(value)) if is_number else (None if value is not None else 1)
                    broken.append((f"`{column}` is {other!r}", seen[:place] + [{**row, column: other}] + seen[place + 1 :]))
                    broken_null = True
                    if value is not None:
                        break
            clean = len(self.differences(key, columns, tolerance, expected, seen)[0])
            for words, rows in broken:
                n += 1
                if len(self.differences(key, columns, tolerance, expected, rows)[0]) <= clean:
                    self.problems[topic].append(f"the check does not notice that {words}")
        return n
