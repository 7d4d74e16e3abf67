using Paging.Core;
using Paging.HostKernel.Files;
using Paging.HostKernel.Interop;
using Paging.HostKernel.Puppets;
using Paging.Native;
using Paging.Scripting.Calls;

namespace Paging.HostKernel.Calls;

/// <summary>The calls that change mappings: each is the system call of its name, made in the puppet.</summary>
internal sealed class MappingCalls(Puppet puppet)
{
    private const int PageShift = 12;
    private const long PageMask = 0xFFF, OffsetLimit = 1L << 44;    // mmap2 counts pages in 32 bits
    private const long LockCurrent = 1;

    internal ScriptResult Execute(PuppetProcess process, in ScenarioCall call) => call.Name switch
    {
        CallName.Mmap => Mmap(process, call),
        CallName.Munmap => Zero(process, I386Call.Munmap, call),
        CallName.Mprotect => Zero(process, I386Call.Mprotect, call),
        CallName.Mremap => Place(
            puppet.Call(process, I386Call.Mremap, Word(call.A0), Word(call.A1), Word(call.A2), Word(call.A3), Word(call.A4))),
        CallName.Madvise => Zero(process, I386Call.Madvise, call),
        CallName.Msync => Zero(process, I386Call.Msync, call),
        CallName.Mlock => Zero(process, I386Call.Mlock, call),
        CallName.Munlock => Zero(process, I386Call.Munlock, call),
        CallName.Mlock2 => Zero(process, I386Call.Mlock2, call),
        CallName.Mlockall => LockAll(process, call),
        CallName.Munlockall => Zero(process, I386Call.Munlockall, call),
        CallName.Brk => ScriptResult.Address(new VirtualAddress((uint)puppet.Call(process, I386Call.Brk, Word(call.A0)))),
        _ => ScriptResult.Unsupported("not a mapping call"),
    };

    private ScriptResult Mmap(PuppetProcess process, in ScenarioCall call)
    {
        if ((call.A5 & PageMask) != 0 || call.A5 is < 0 or >= OffsetLimit) return ScriptResult.Error(Errno.EINVAL);
        int descriptor = process.Files.IsOpen(call.A4) ? (int)call.A4 : FileTable.NotOpen;
        return Place(puppet.Call(process, I386Call.Mmap, Word(call.A0), Word(call.A1), Word(call.A2), Word(call.A3),
            (uint)descriptor, (uint)(call.A5 >> PageShift)));
    }

    // It locks the block as well, and counts it. Both are undone, so that the process sees its own memory only.
    private ScriptResult LockAll(PuppetProcess process, in ScenarioCall call)
    {
        PuppetLayout layout = puppet.Block.Layout;
        bool isCurrent = (call.A0 & LockCurrent) != 0, isRaised = isCurrent && process.LockLimit is not (0 or PuppetLimits.Infinity);
        if (isRaised)
            _ = PuppetLimits.Set(puppet, process, PuppetLimits.LockedMemory, PuppetLimits.WithBlock(process.LockLimit, layout));
        ScriptResult result = Zero(process, I386Call.Mlockall, call);
        if (isCurrent) _ = puppet.Call(process, I386Call.Munlock, layout.Reserved, layout.ByteLength);
        if (isRaised) _ = PuppetLimits.Set(puppet, process, PuppetLimits.LockedMemory, process.LockLimit);
        return result;
    }

    private ScriptResult Zero(PuppetProcess process, I386Call number, in ScenarioCall call) =>
        ScriptResult.ZeroOr(puppet.Try(process, number, Word(call.A0), Word(call.A1), Word(call.A2)));

    private static ScriptResult Place(int result)
    {
        Errno error = Puppet.ErrorOf(result);
        return error == Errno.None ? ScriptResult.Address(new VirtualAddress((uint)result)) : ScriptResult.Error(error);
    }

    // An i386 process has no more than 32 bits to pass.
    private static uint Word(long value) => unchecked((uint)value);
}
