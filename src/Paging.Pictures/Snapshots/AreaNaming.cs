using Paging.Core;
using Paging.Native;

namespace Paging.Pictures;

/// <summary>Finds out what people call an area, and counts what has been done for it.</summary>
internal static class AreaNaming
{
    /// <summary>The areas of a process by address.</summary>
    public static List<AreaView> Take(UserProcess process, IReadOnlyList<TableView> tables)
    {
        AddressSpace memory = process.Memory;
        IReadOnlyList<AreaSnapshot> areas = memory.Snapshot();
        using IEnumerator<EntryView> entries = tables.SelectMany(static table => table.Entries).GetEnumerator();
        bool hasEntry = entries.MoveNext();
        List<AreaView> views = new(areas.Count);
        string program = ProgramNameOf(memory, areas);
        for (int i = 0; i < areas.Count; i++)
        {
            uint present = 0, own = 0, swapped = 0;
            for (; hasEntry && entries.Current.Page < areas[i].Range.End; hasEntry = entries.MoveNext())
            {
                if (entries.Current.Page < areas[i].Range.First) continue;
                if (entries.Current.Entry.IsPresent)
                {
                    present++;
                    if (entries.Current.IsOwn) own++;
                }
                else if (entries.Current.Slot is not null) swapped++;
            }

            views.Add(new(areas[i], LabelOf(memory, areas, i, program), present, own, swapped));
        }

        return views;
    }

    private static string ProgramNameOf(AddressSpace memory, IReadOnlyList<AreaSnapshot> areas) =>
        memory.Program.StartCode == default ? ""
            : areas.FirstOrDefault(area => area.Range.Contains(memory.Program.StartCode.Page))?.Name ?? "";

    private static string LabelOf(AddressSpace memory, IReadOnlyList<AreaSnapshot> areas, int index, string program)
    {
        AreaSnapshot area = areas[index];
        ulong start = (ulong)area.Range.First.Value << 12, end = (ulong)area.Range.End.Value << 12;
        if (area.GrowsDown || (memory.Program.StartStack != default && area.Range.Contains(memory.Program.StartStack.Page))) return "Stack";
        if (memory.Break.Value > memory.StartBreak.Value && start < memory.Break.Value && end > memory.StartBreak.Value) return "Heap";
        if (area.IsSharedAnonymous) return "Shared memory";
        if (area.ObjectId == 0) return IsBss(areas, index, program) ? "BSS" : "Anonymous mapping";
        string name = NameOf(area.Name);
        if (program.Length == 0 || !string.Equals(area.Name, program, StringComparison.Ordinal)) return name;
        string segment = (area.Protection & MemoryProtection.Execute) != 0 ? "Text"
            : (area.Protection & MemoryProtection.Write) != 0 ? "Data" : "Constants";
        return $"{segment} of {name}";
    }

    private static bool IsBss(IReadOnlyList<AreaSnapshot> areas, int index, string program) =>
        program.Length != 0 && index > 0 && areas[index - 1].Range.End == areas[index].Range.First
            && string.Equals(areas[index - 1].Name, program, StringComparison.Ordinal);

    private static string NameOf(string path) => path[(path.LastIndexOf('/') + 1)..];
}
