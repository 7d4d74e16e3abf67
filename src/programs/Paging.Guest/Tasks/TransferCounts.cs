namespace Paging.Guest.Tasks;

/// <summary>Bytes moved by read(2), write(2) and their kin, and the numbers of calls.</summary>
/// <remarks>Linux: struct task_io_accounting.</remarks>
internal readonly record struct TransferCounts(long Read, long Written, long Reads, long Writes)
{
    public static TransferCounts operator +(TransferCounts left, TransferCounts right) =>
        new(left.Read + right.Read, left.Written + right.Written, left.Reads + right.Reads, left.Writes + right.Writes);
}
