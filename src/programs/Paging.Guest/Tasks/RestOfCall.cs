using Paging.Guest.Records;
using Paging.Native;

namespace Paging.Guest.Tasks;

/// <summary>
/// The remaining time of a sleep that a signal has interrupted, for restart_syscall(2). Linux: struct restart_block, its nanosleep.
/// </summary>
/// <param name="Deadline">The end of the sleep, in the guest's nanoseconds.</param>
/// <param name="RestAt">The address for the remaining time; zero for none.</param>
/// <param name="IsLong">True if its times have 64 bits.</param>
internal readonly record struct RestOfCall(long Deadline, VirtualAddress RestAt, bool IsLong)
{
    public void Save(RecordWriter writer)
    {
        writer.Write(Deadline);
        writer.Write(RestAt.Value);
        writer.Write(IsLong);
    }

    public static RestOfCall Load(RecordReader reader) => new(reader.ReadWideNumber(), new(reader.ReadWord()), reader.ReadFlag());
}
