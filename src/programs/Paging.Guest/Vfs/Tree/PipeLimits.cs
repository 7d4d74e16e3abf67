using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Records;
using Paging.Guest.Tasks;

namespace Paging.Guest.Vfs.Tree;

/// <summary>What a user's pipes may hold: pipe-max-size, pipe-user-pages-soft and -hard of /proc/sys/fs. pipe(7).</summary>
internal sealed class PipeLimits(PipePages pages)
{
    private const int UsualPages = 16, ReducedPages = 2;    // PIPE_DEF_BUFFERS, PIPE_MIN_DEF_BUFFERS

    /// <summary>pipe-max-size: bytes that a pipe may be made to hold, at most.</summary>
    public int ByteLengthMax { get; private set; } = 1 << 20;

    /// <summary>pipe-user-pages-soft: beyond so many pages of a user, new pipes are small. 0: no limit.</summary>
    public int UserPagesSoft { get; set; } = 1 << 14;

    /// <summary>pipe-user-pages-hard: beyond so many, there are no new ones. 0: no limit.</summary>
    public int UserPagesHard { get; set; }

    /// <summary>Takes a new <see cref="ByteLengthMax"/>, rounded up to a power of two. Linux: proc_dopipe_max_size.</summary>
    public bool TrySetByteLengthMax(int wanted)
    {
        if (wanted is < 0 or > 1 << 30) return false;
        ByteLengthMax = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(wanted, Pipe.AtomicByteLength));
        return true;
    }

    public void Save(RecordWriter writer)
    {
        writer.Write(ByteLengthMax);
        writer.Write(UserPagesSoft);
        writer.Write(UserPagesHard);
    }

    public void Load(RecordReader reader) =>
        (ByteLengthMax, UserPagesSoft, UserPagesHard) = (reader.ReadNumber(), reader.ReadNumber(), reader.ReadNumber());

    /// <summary>
    /// A new pipe: of two pages where its user has as many as the soft limit allows. None: as many as the hard one. Linux: alloc_pipe_info.
    /// </summary>
    public bool TryMake(Credentials who, [NotNullWhen(true)] out Pipe? pipe)
    {
        pipe = null;
        int count = UsualPages;
        if (count > ByteLengthMax / Pipe.AtomicByteLength && !who.Can(Capability.Resource))
            count = ByteLengthMax / Pipe.AtomicByteLength;
        int charged = pages.ChargedOf(who.User);
        bool isBound = IsBound(who);
        if (isBound && Exceeds(charged + count, UserPagesSoft)) count = ReducedPages;
        if (isBound && Exceeds(charged + count, UserPagesHard)) return false;
        pipe = new Pipe(pages, who.User, count);
        return true;
    }

    /// <summary>
    /// F_SETPIPE_SZ: the bytes that it can hold then. EPERM: more than before, and too much. EBUSY: less than is in it. Linux:
    /// pipe_set_size.
    /// </summary>
    public CallResult Resize(Pipe pipe, Credentials who, uint wanted)
    {
        if (wanted > 1U << 31) return Errno.EINVAL;
        uint byteLength = BitOperations.RoundUpToPowerOf2(Math.Max(wanted, Pipe.AtomicByteLength));
        int count = (int)(byteLength / Pipe.AtomicByteLength), charged = pages.ChargedOf(pipe.User) - pipe.PageCapacity + count;
        if (count > pipe.PageCapacity)
        {
            if (byteLength > ByteLengthMax && !who.Can(Capability.Resource)) return Errno.EPERM;
            if (IsBound(who) && (Exceeds(charged, UserPagesSoft) || Exceeds(charged, UserPagesHard)))
                return Errno.EPERM;
        }

        Errno error = pipe.Resize(count);
        return error == Errno.None ? pipe.Capacity : error;
    }

    private static bool IsBound(Credentials who) => !who.Can(Capability.Resource) && !who.Can(Capability.Administrator);

    private static bool Exceeds(int count, int limit) => limit != 0 && count > limit;
}
