using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using Paging.Core;
using Paging.Guest.Abi;
using Paging.Guest.Tasks;

namespace Paging.Guest.Vfs.Tree;

/// <summary>What a user's pipes may hold: pipe-max-size, pipe-user-pages-soft and -hard of /proc/sys/fs. pipe(7).</summary>
internal sealed class PipeLimits(PipePages pages, FileSwitches switches)
{
    private const int UsualPages = 16, ReducedPages = 2;    // PIPE_DEF_BUFFERS, PIPE_MIN_DEF_BUFFERS

    /// <summary>
    /// A new pipe: of two pages where its user has as many as the soft limit allows. None: as many as the hard one. Linux: alloc_pipe_info.
    /// </summary>
    public bool TryMake(Credentials who, [NotNullWhen(true)] out Pipe? pipe)
    {
        pipe = null;
        int count = UsualPages;
        if (count > switches.PipeByteLengthMax / Pipe.AtomicByteLength && !who.Can(Capability.Resource))
            count = switches.PipeByteLengthMax / Pipe.AtomicByteLength;
        int charged = pages.ChargedOf(who.User);
        bool isBound = IsBound(who);
        if (isBound && Exceeds(charged + count, switches.PipeUserPagesSoft)) count = ReducedPages;
        if (isBound && Exceeds(charged + count, switches.PipeUserPagesHard)) return false;
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
            if (byteLength > switches.PipeByteLengthMax && !who.Can(Capability.Resource)) return Errno.EPERM;
            if (IsBound(who) && (Exceeds(charged, switches.PipeUserPagesSoft) || Exceeds(charged, switches.PipeUserPagesHard)))
                return Errno.EPERM;
        }

        Errno error = pipe.Resize(count);
        return error == Errno.None ? pipe.Capacity : error;
    }

    private static bool IsBound(Credentials who) => !who.Can(Capability.Resource) && !who.Can(Capability.Administrator);

    private static bool Exceeds(int count, int limit) => limit != 0 && count > limit;
}
