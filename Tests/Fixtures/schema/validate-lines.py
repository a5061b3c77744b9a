#!/usr/bin/env python3
"""Checks JSON lines against a JSON Schema: validate-lines.py SCHEMA FILE. One line for each line that violates it: its
number and the first error."""

import json
import sys

from jsonschema import Draft202012Validator

with open(sys.argv[1], encoding="utf-8") as file:
    schema = json.load(file)
Draft202012Validator.check_schema(schema)
validator = Draft202012Validator(schema)
with open(sys.argv[2], encoding="utf-8") as file:
    for number, line in enumerate(file, 1):
        for error in sorted(validator.iter_errors(json.loads(line)), key=str):
            print(f"{number}: {error.json_path}: {error.message}".replace("\n", " "))
            break
