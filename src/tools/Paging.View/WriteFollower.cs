using Paging.Core;
using Paging.Native;

namespace Paging.View;

/// <summary>Finds the steps that write a byte in any process, while a run is repeated from its start.</summary>
/// <remarks>
/// <see cref="Look"/> comes before the first step and after each. It sees the writes that pass the engine's Mmu, including the copies of
/// system calls (<see cref="Watchpoint"/>). The stores of a separate processor are reported with <see cref="Note"/>. Belongs to one thread
/// at a time.
/// </remarks>
public sealed class WriteFollower(VirtualAddress address)
{
    private readonly Dictionary<int, Followed> _processes = [];
    private int _step = 1;    // the one that is being taken

    /// <summary>Watches the new processes of the engine, after that many steps.</summary>
    public void Look(PagingEngine engine, int steps)
    {
        foreach (UserProcess process in engine.Processes)
        {
            Followed followed = Of(process.Id);
            if (followed.Memory == process.Memory) continue;
            if (followed.Memory is not null) followed.Last = null;    // execve(2): another program's memory
            else followed.Last ??= LastOf(process.ParentId);
            followed.Memory = process.Memory;
            int id = process.Id;
            process.Memory.Mmu.Watch(address, 1, WatchedAccesses.Write, _ => Note(id, instruction: null));
        }

        _step = steps + 1;
    }

    /// <summary>The byte of a process is written in this step.</summary>
    /// <param name="processId">The process.</param>
    /// <param name="instruction">The address of the instruction that stores; null: a call does.</param>
    public void Note(int processId, VirtualAddress? instruction) => Of(processId).Last = new(_step, processId, instruction);

    /// <summary>The last write to the byte of a process; null: there was none.</summary>
    public ViewedWrite? LastOf(int processId) => _processes.GetValueOrDefault(processId)?.Last;

    private Followed Of(int processId)
    {
        if (!_processes.TryGetValue(processId, out Followed? followed)) _processes.Add(processId, followed = new());
        return followed;
    }

    private sealed class Followed
    {
        public AddressSpace? Memory { get; set; }
        public ViewedWrite? Last { get; set; }
    }
}
