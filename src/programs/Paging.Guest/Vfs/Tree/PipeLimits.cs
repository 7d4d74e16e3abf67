using System.Numerics;
using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Tasks;

namespace Paging.Guest.Vfs.Tree;

/// <summary>What a user's pipes may hold. pipe(7).</summary>
internal sealed class PipeLimits(PipePages pages)
{
    private const int UsualPages = 16, ReducedPages = 2;    // PIPE_DEF_BUFFERS, PIPE_MIN_DEF_BUFFERS

    /// <summary>pipe-max-size: bytes that a pipe may be made to hold, at most.</summary>
    public const int ByteLengthMax = 1 << 20;

    /// <summary>pipe-user-pages-soft: beyond so many pages of a user, new pipes are small.</summary>
    private const int UserPagesSoft = 1 << 14;

    /// <summary>A new pipe: of two pages where its user has as many as the limit allows. Linux: alloc_pipe_info.</summary>
    public Pipe Make(Credentials who)
    {
        bool isReduced = IsBound(who) && pages.ChargedOf(who.User) + UsualPages > UserPagesSoft;
        return new(pages, who.User, isReduced ? ReducedPages : UsualPages);
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
            if (IsBound(who) && charged > UserPagesSoft) return Errno.EPERM;
        }

        Errno error = pipe.Resize(count);
        return error == Errno.None ? pipe.Capacity : error;
    }

    private static bool IsBound(Credentials who) => !who.Can(Capability.Resource) && !who.Can(Capability.Administrator);
}
