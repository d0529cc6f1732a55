"""Asks a knowledge base labelled questions, and notes what it finds and how long it takes."""

import asyncio
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from tqdm import tqdm

from app.core.embeddings import Embedder
from app.db import Database
from app.documents.calibration import Nearness
from app.documents.console import (
    Index,
    follow_all,
    open_database,
    open_embedder,
    open_index,
    say,
    working,
)
from app.documents.exceptions import StoreHeld, UnusableSet
from app.documents.loaders import find_files
from app.documents.models import DocumentStatus, NewDocument, default_title
from app.documents.questions import Label, Question, read_corpus, read_questions
from app.documents.relevance import Relevance
from app.documents.reports import Asked, Report, Subject, report
from app.documents.retrieval import RetrievalService
from app.documents.services import DocumentService
from settings import Settings
