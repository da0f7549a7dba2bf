"""The data map knows every place where something of a person may lie."""

from django.conf import settings
from django.utils.module_loading import import_string

from apps.contacts.data_map import LEVELS, WHEN_ERASED, missing, said_of_nothing, stores
from apps.contacts.pointers import every_pointer


class TestTheDataMap:
    def test_knows_every_field_that_may_be_personal(self):
        assert not missing(), "say in scrm/data_map.py whether these are personal"

    def test_speaks_of_nothing_that_is_no_more(self):
        assert not said_of_nothing()

    def test_a_field_that_is_taken_out_of_it_is_missed(self, settings):
        told = settings.DATA_MAP["groups.Stay"]
        rest = {k: v for k, v in told["fields"].items() if k != "nickname"}
        settings.DATA_MAP = settings.DATA_MAP | {
            "groups.Stay": {**told, "fields": rest}
        }
        assert missing() == ["groups.Stay.nickname"]

    def test_knows_every_model_that_points_at_a_contact(self):
        told = settings.DATA_MAP.keys() | settings.NOT_PERSONAL.keys()
        pointing = {pointer.model._meta.label for pointer in every_pointer()}
        assert pointing <= told

    def test_says_for_each_what_for_how_delicate_and_for_how_long(self):
        for store in stores():
            assert store.purpose and store.kept, store.label
            assert store.erased in WHEN_ERASED, store.label
            assert set(store.levels.values()) <= LEVELS.keys(), store.label

    def test_whatever_has_a_term_is_deleted_by_the_timetable(self):
        termed = [s for s in stores() if s.until]
        assert termed
        for store in termed:
            assert store.until in settings.TIMETABLE, store.label

    def test_what_it_calls_upon_is_there(self):
        for store in stores():
            assert not store.by or callable(import_string(store.by)), store.label
