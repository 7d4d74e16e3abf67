using Paging.Guest.Records;
using Paging.Native;

namespace Paging.Guest.Tasks;

/// <summary>
/// What is left of a sleep that a signal has ended, for restart_syscall(2). Linux: struct restart_block, its nanosleep.
/// </summary>
/// <param name="Deadline">When it is over, in the guest's nanoseconds.</param>
/// <param name="RestAt">Where the program wants the remaining time; zero: nowhere.</param>
/// <param name="IsLong">Its times have 64 bits.</param>
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
