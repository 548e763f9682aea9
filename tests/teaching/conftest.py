"""These tests hold on both engines."""

from tests.engines import engine as engine
