using Paging.Scripting.Running;

namespace Paging.Cli;

/// <summary>Figures of the machines of a run: faults of all, frames and maps of the last one.</summary>
internal sealed class MachineSummary
{
    private readonly List<(string Kind, long Count)> _faults = [];

    /// <summary>Page faults by kind.</summary>
    public IReadOnlyList<(string Kind, long Count)> Faults => _faults;

    /// <summary>Frames by state.</summary>
    public IReadOnlyList<(string State, long Count)> Frames { get; private set; } = [];

    /// <summary>Maps by process.</summary>
    public IReadOnlyList<(string Process, string Maps)> Maps { get; private set; } = [];

    /// <summary>Adds a machine's figures, before it is disposed.</summary>
    public void Add(IMachineReport report)
    {
        foreach ((string kind, long count) in report.FaultsByKind())
        {
            int index = _faults.FindIndex(fault => string.Equals(fault.Kind, kind, StringComparison.Ordinal));
            if (index < 0) _faults.Add((kind, count));
            else _faults[index] = (kind, _faults[index].Count + count);
        }
        Frames = [.. report.FramesByState()];
        Maps = [.. report.Maps()];
    }
}
