#!/usr/bin/env python3
"""Checks graph files against a JSON Schema: validate.py SCHEMA FILE... One line for each file: its path, a tab, and `ok` or
the first error. Each file is looked at twice: with every scalar as text, and as YAML 1.2 (which editors use) types them."""

import re
import sys
import json

import yaml
from jsonschema import Draft202012Validator


class Core(yaml.SafeLoader):
    """The core schema of YAML 1.2 (https://yaml.org/spec/1.2.2/#103-core-schema); PyYAML itself has YAML 1.1's."""


Core.yaml_implicit_resolvers = {}
for tag, pattern, first in [
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", list("-+0123456789")),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", list("-+0123456789.")),
]:
    Core.add_implicit_resolver("tag:yaml.org,2002:" + tag, re.compile("^(?:" + pattern + ")$"), first)
Core.add_constructor("tag:yaml.org,2002:int", lambda loader, node: integer(loader.construct_scalar(node)))
Core.add_constructor("tag:yaml.org,2002:float", lambda loader, node: float(loader.construct_scalar(node)))


def integer(text):
    return int(text, 8 if text.startswith("0o") else 16 if text.startswith("0x") else 10)


def first_error(validator, path):
    for loader in (yaml.BaseLoader, Core):
        with open(path, encoding="utf-8") as file:
            document = yaml.load(file, Loader=loader)
        for error in sorted(validator.iter_errors(document), key=str):
            return loader.__name__ + ": " + error.json_path + ": " + error.message.replace("\n", " ")
    return "ok"


with open(sys.argv[1], encoding="utf-8") as file:
    schema = json.load(file)
Draft202012Validator.check_schema(schema)
for path in sys.argv[2:]:
    print(path + "\t" + first_error(Draft202012Validator(schema), path))
