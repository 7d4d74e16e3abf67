using Paging.Core;

namespace Paging.Scripting.Running;

/// <summary>A machine that can check itself.</summary>
public interface IAuditedMachine
{
    /// <summary>The first findings in one line, or null when everything holds.</summary>
    string? AuditNow();
}

/// <summary>A machine that can report its state, for <c>paging script --report</c>.</summary>
public interface IMachineReport
{
    /// <summary>Page faults since the start, by kind, in a fixed order and <see cref="FaultCounters"/> names them.</summary>
    IReadOnlyList<NamedCount> FaultsByKind();

    /// <summary>Frames of physical memory now, by state, in a fixed order: <c>("Free", 16000)</c>.</summary>
    IEnumerable<(string State, long Count)> FramesByState();

    /// <summary>The areas of every live process now, in the kernel's form: <c>("process 0", "20000000-20002000 rw-p …\n")</c>.</summary>
    IEnumerable<(string Process, string Maps)> Maps();
}
