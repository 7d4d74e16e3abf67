using Paging.Core;
using Paging.Native;

namespace Paging.Pictures.Snapshots;

/// <summary>Finds the usual name of an area, by the places of the program, the heap and the stack at a moment.</summary>
internal sealed class AreaNaming
{
    /// <summary>The file name of mappings with MAP_HUGETLB.</summary>
    public const string HugePagesName = "/anon_hugepage";

    private readonly ProgramExtents _program;
    private readonly VirtualAddress _startBreak, _break;
    private readonly string _programName;

    /// <summary>Notes where they lie.</summary>
    public AreaNaming(AddressSpace memory, IReadOnlyList<AreaSnapshot> areas)
    {
        (_program, _startBreak, _break) = (memory.Program, memory.StartBreak, memory.Break);
        _programName = _program.StartCode == default ? ""
            : areas.FirstOrDefault(area => area.Range.Contains(_program.StartCode.Page))?.Name ?? "";
    }

    /// <summary>The usual name of one of the areas.</summary>
    public string LabelOf(IReadOnlyList<AreaSnapshot> areas, int index)
    {
        AreaSnapshot area = areas[index];
        ulong start = (ulong)area.Range.First.Value << 12, end = (ulong)area.Range.End.Value << 12;
        if (area.GrowsDown || (_program.StartStack != default && area.Range.Contains(_program.StartStack.Page))) return "Stack";
        if (_break.Value > _startBreak.Value && start < _break.Value && end > _startBreak.Value) return "Heap";
        if (area.IsSharedAnonymous) return "Shared memory";
        if (area.ObjectId == 0)
            return IsBss(areas, index) ? "BSS" : (area.Protection & MemoryProtection.All) == 0 ? "No access" : "Anonymous mapping";
        if (string.Equals(area.Name, HugePagesName, StringComparison.Ordinal)) return "Huge pages";
        string name = NameOf(area.Name);
        if (_programName.Length == 0 || !string.Equals(area.Name, _programName, StringComparison.Ordinal)) return name;
        string segment = (area.Protection & MemoryProtection.Execute) != 0 ? "Text"
            : (area.Protection & MemoryProtection.Write) != 0 ? "Data" : "Constants";
        return $"{segment} of {name}";
    }

    private bool IsBss(IReadOnlyList<AreaSnapshot> areas, int index) =>
        _programName.Length != 0 && index > 0 && areas[index - 1].Range.End == areas[index].Range.First
            && string.Equals(areas[index - 1].Name, _programName, StringComparison.Ordinal);

    private static string NameOf(string path) => path[(path.LastIndexOf('/') + 1)..];
}
