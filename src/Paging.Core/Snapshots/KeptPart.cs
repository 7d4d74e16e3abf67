using System.Collections.Immutable;
using Paging.Core.Spaces;

namespace Paging.Core.Snapshots;

/// <summary>The ways in which a machine is kept.</summary>
internal enum KeepingWay
{
    /// <summary><see cref="Core.Snapshot"/>: one process, in its engine.</summary>
    Snapshot,
    /// <summary><see cref="Core.EngineSnapshot"/>: all processes, in their engine.</summary>
    EngineSnapshot,
    /// <summary>The output of their Save: one process or all, for any engine.</summary>
    Saved,
    /// <summary><see cref="ProcessImage"/> and <see cref="EngineImage"/>: one process or all, for clones in any engine.</summary>
    Image,
}

/// <summary>What becomes of a part of a machine.</summary>
internal enum Keeping
{
    /// <summary>A restore brings back what it was.</summary>
    GoesBack,
    /// <summary>The new processes have it.</summary>
    Carried,
    /// <summary>The new processes ask the caller for it by its name, and are not made without it.</summary>
    ByName,
    /// <summary>The machine cannot be kept while it has such a part: the error names it.</summary>
    Refused,
    /// <summary>
    /// It is no state of the processes but the host's or the engine's own, and stays as it is there. New processes have none.
    /// </summary>
    Stays,
}

/// <summary>The process in which a part is searched.</summary>
/// <param name="Space">The process's memory.</param>
/// <param name="Name">Its name.</param>
internal readonly record struct PartSearch(Space Space, string Name)
{
    /// <summary>The process for messages: <c>process 3 ('sh')</c>.</summary>
    public string Process => $"process {Space.ProcessId} ('{Name}')";
}

/// <summary>A part of a machine, and what becomes of it in each way of keeping.</summary>
internal sealed class KeptPart
{
    /// <summary>Its name in the documents.</summary>
    public required string Name { get; init; }

    /// <summary>What becomes of it, by <see cref="KeepingWay"/>.</summary>
    public required ImmutableArray<Keeping> In { get; init; }

    /// <summary>The reason, or what a reader of the table should know; empty where the words say it all.</summary>
    public string Note { get; init; } = "";

    /// <summary>The fields that hold it, as <c>Space.Limits</c>. A test compares them with those that there are.</summary>
    public ImmutableArray<string> Fields { get; init; } = [];

    /// <summary>Says where a process has the part, for a way that refuses it; null: it has none.</summary>
    public Func<PartSearch, string?>? Find { get; init; }
}
