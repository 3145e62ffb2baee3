"""One method for each operation of the vocabulary; it answers a value (answers.py)."""
from contents import Contents
from extent_calls import ExtentCalls
from file_calls import FileCalls
from mapping_calls import MappingCalls
from path_calls import PathCalls
from script_calls import ScriptCalls
from volume_calls import VolumeCalls


class Calls(PathCalls, FileCalls, ExtentCalls, MappingCalls, VolumeCalls, ScriptCalls):
    def __init__(self, host, area):
        self.host = host
        self.area = area
        self.streams = Contents()
        self.methods = {}
        self.start_files()
        self.start_mappings()
        self.start_script()

    def method(self, name):
        """That of the operation with this name: `copy-file-range` is `copy_file_range`."""
        known = self.methods.get(name)
        if known is None:
            known = self.methods[name] = getattr(self, name.replace("-", "_"))
        return known

    def finish(self):
        """Nothing stays open or mapped."""
        self.host.go_on()
        self.unmap_all()
        self.close_all()
