using Paging.Core;
using Paging.Native;
using Paging.Pictures.Snapshots;

namespace Paging.Cli.Exercises;

/// <summary>What an exercise asks for: a counter of the machine, or something to be counted in its address spaces.</summary>
internal static class ExerciseCount
{
    public const string Accessed = "entries with A", Dirty = "entries with D", Writable = "entries with RW",
        Areas = "areas", PageTables = "page tables";

    /// <summary>Counts it, in all processes.</summary>
    public static long Of(MachineView machine, string name) => name switch
    {
        Accessed => Entries(machine, static entry => entry.IsAccessed),
        Dirty => Entries(machine, static entry => entry.IsDirty),
        Writable => Entries(machine, static entry => entry.IsWritable),
        Areas => machine.Spaces.Sum(static space => space.Agreed.Count(static area => (area.Flags & AreaFlags.Foreign) == 0)),
        PageTables => machine.Spaces.Sum(static space => space.Tables.Count(static table => !table.IsKernel)),
        _ => machine.Counter(name),
    };

    private static long Entries(MachineView machine, Func<PageTableEntry, bool> has) =>
        machine.Spaces.Sum(space => space.Entries.Count(entry => entry.Entry.IsPresent && has(entry.Entry)));
}
