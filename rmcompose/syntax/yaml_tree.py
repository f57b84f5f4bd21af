"""YAML text as PyYAML nodes, made safe to walk: its size and depth are bounded, its scalars know where their characters
stand."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import TYPE_CHECKING

import yaml
from yaml.constructor import SafeConstructor
from yaml.composer import Composer
from yaml.nodes import CollectionNode, MappingNode, Node, ScalarNode, SequenceNode
from yaml.parser import Parser
from yaml.reader import Reader, ReaderError
from yaml.resolver import BaseResolver
from yaml.scanner import Scanner

from rmcompose.diagnostics import Diagnostic, Source, Span
from rmcompose.syntax.limits import MAX_CHARACTERS, MAX_YAML_DEPTH, MAX_YAML_NODES
from rmcompose.syntax.place import Place, in_file, mapped
