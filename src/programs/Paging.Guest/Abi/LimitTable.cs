using Paging.Core;
using Paging.Guest.Records;

namespace Paging.Guest.Abi;

/// <summary>
/// RLIMIT_*: the soft and the hard limit of each kind, in the kernel's numbering. Linux: include/uapi/asm-generic/resource.h.
/// </summary>
internal sealed class LimitTable
{
    public const int ProcessorTime = 0, FileSize = 1, Data = 2, Stack = 3, CoreFile = 4, Resident = 5, Processes = 6, OpenFiles = 7,
        LockedMemory = 8, AddressSpace = 9, PendingSignals = 11, MessageQueues = 12,
        NicePriority = 13, RealTimePriority = 14, Count = 16;
    public const ulong Infinity = ulong.MaxValue;

    private readonly (ulong Soft, ulong Hard)[] _limits = new (ulong, ulong)[Count];

    public LimitTable()
    {
        Array.Fill(_limits, (Infinity, Infinity));
        _limits[Stack] = (8 << 20, Infinity);    // _STK_LIM
        _limits[CoreFile] = (0, Infinity);    // no core files unless requested (INIT_RLIMITS)
        _limits[Processes] = (96_000, 96_000);    // threads-max / 2 of a machine with 24 GiB (set_max_threads)
        _limits[OpenFiles] = (1024, 1 << 20);    // INR_OPEN_CUR; hard as systemd and sysctl_nr_open have it
        _limits[LockedMemory] = (8 << 20, 8 << 20);    // MLOCK_LIMIT since Linux 5.16
        _limits[PendingSignals] = (96_000, 96_000);    // as many as processes (fork_init)
        _limits[MessageQueues] = (819_200, 819_200);    // MQ_BYTES_MAX
        _limits[NicePriority] = (0, 0);    // no raise without CAP_SYS_NICE
        _limits[RealTimePriority] = (0, 0);
    }

    public (ulong Soft, ulong Hard) this[int kind]
    {
        get => _limits[kind];
        set => _limits[kind] = value;
    }

    public LimitTable Copy()
    {
        LimitTable copy = new();
        _limits.CopyTo(copy._limits, 0);
        return copy;
    }

    public void Save(RecordWriter writer)
    {
        writer.Begin(RecordKind.Limits, 1);
        foreach ((ulong soft, ulong hard) in _limits)
        {
            writer.Write(soft);
            writer.Write(hard);
        }

        writer.End();
    }

    public void Load(RecordReader reader)
    {
        reader.Open(RecordKind.Limits, 1);
        for (int kind = 0; kind < Count; kind++) _limits[kind] = (reader.ReadWideWord(), reader.ReadWideWord());
        reader.Close();
    }

    /// <summary>Applies the limits on memory to the engine's space.</summary>
    public void ApplyTo(AddressSpace space)
    {
        space.SetLimit(ResourceLimit.Data, _limits[Data].Soft);
        space.SetLimit(ResourceLimit.Stack, _limits[Stack].Soft);
        space.SetLimit(ResourceLimit.LockedMemory, _limits[LockedMemory].Soft);
        space.SetLimit(ResourceLimit.AddressSpace, _limits[AddressSpace].Soft);
    }
}
