using System.Numerics;
using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Tasks;

namespace Paging.Guest.Vfs.Tree;

/// <summary>The limits of pipes. pipe(7).</summary>
internal sealed class PipeLimits(PipePages pages)
{
    private const int UsualPages = 16, ReducedPages = 2;    // PIPE_DEF_BUFFERS, PIPE_MIN_DEF_BUFFERS

    /// <summary>pipe-max-size: the largest capacity of a pipe, in bytes.</summary>
    public const int ByteLengthMax = 1 << 20;    // fs.pipe-max-size

    /// <summary>pipe-user-pages-soft: beyond this number of pages of a user, new pipes are small.</summary>
    private const int UserPagesSoft = 1 << 14;    // INR_OPEN_CUR pipes of sixteen pages

    /// <summary>Makes a pipe, of two pages if its user has reached the limit. Linux: alloc_pipe_info.</summary>
    public Pipe Make(Credentials who)
    {
        bool isReduced = IsBound(who) && pages.ChargedOf(who.User) + UsualPages > UserPagesSoft;
        return new(pages, who.User, isReduced ? ReducedPages : UsualPages);
    }

    /// <summary>
    /// F_SETPIPE_SZ: returns the new capacity in bytes. EPERM if it grows beyond a limit; EBUSY for less than its contents. Linux:
    /// pipe_set_size.
    /// </summary>
    public CallResult Resize(Pipe pipe, Credentials who, uint wanted)
    {
        if (wanted > 1U << 31) return Errno.EINVAL;    // round_pipe_size: no power of two holds it
        uint byteLength = BitOperations.RoundUpToPowerOf2(Math.Max(wanted, Pipe.AtomicByteLength));
        int count = (int)(byteLength / Pipe.AtomicByteLength), charged = pages.ChargedOf(pipe.User) - pipe.PageCapacity + count;
        if (count > pipe.PageCapacity)
        {
            if (byteLength > ByteLengthMax && !who.Can(Capability.Resource)) return Errno.EPERM;    // not EINVAL (pipe_set_size)
            if (IsBound(who) && charged > UserPagesSoft) return Errno.EPERM;    // shrinking is always allowed
        }

        Errno error = pipe.Resize(count);
        return error == Errno.None ? pipe.Capacity : error;
    }

    private static bool IsBound(Credentials who) => !who.Can(Capability.Resource) && !who.Can(Capability.Administrator);
}
