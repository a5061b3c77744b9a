"""The examples of docs/PYTHON.md do what it says."""
import os
import re
import subprocess
import sys

from tests.support import PACKAGE, PROGRAM, Case


class DocumentTests(Case):
    def test_the_programs_run(self):
        text = (PACKAGE.parent / "docs/PYTHON.md").read_text()
        programs = dict(re.findall(r"<!-- file: (\S+) -->\n```python\n(.*?)```", text, re.DOTALL))
        self.assertEqual(text.count("```python"), len(programs))
        self.graph(programs.pop("judge.py"))
        self.sound()
        self.auscult("run", "graph.yaml", "--input", "sound.wav")
        self.assertTrue(programs)
        os.environ["AUSCULT"] = PROGRAM
        for name, program in programs.items():
            self.write(name, program)
            done = subprocess.run([sys.executable, name], cwd=self.folder, env=self.environment(), text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
            self.assertEqual(done.returncode, 0, done.stdout)
            self.assertTrue(done.stdout.strip(), name)
