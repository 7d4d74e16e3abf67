using Paging.Core;
using Paging.Native;
using Paging.Scripting.Calls;

namespace Paging.Scripting.Engine;

/// <summary>The system calls on memory, from the dialect's numbers to the engine's calls.</summary>
internal static class ScriptMemoryCalls
{
    public static ScriptResult Execute(AddressSpace memory, in ScenarioCall call) => call.Name switch
    {
        CallName.Mmap => Map(memory, call),
        CallName.Munmap => ScriptResult.ZeroOr(memory.Unmap(Address(call.A0), Length(call.A1))),
        CallName.Mprotect => ScriptResult.ZeroOr(memory.Protect(Address(call.A0), Length(call.A1), (MemoryProtection)call.A2)),
        CallName.Mremap => Remap(memory, call),
        CallName.Madvise => ScriptResult.ZeroOr(memory.Advise(Address(call.A0), Length(call.A1), (MemoryAdvice)call.A2)),
        CallName.Msync => ScriptResult.ZeroOr(memory.Synchronize(Address(call.A0), Length(call.A1), (SyncFlags)call.A2)),
        CallName.Mlock => OfLock(memory.Lock(Address(call.A0), Length(call.A1))),
        CallName.Munlock => ScriptResult.ZeroOr(memory.Unlock(Address(call.A0), Length(call.A1))),
        CallName.Mlock2 => OfLock(memory.Lock(Address(call.A0), Length(call.A1), (LockFlags)call.A2)),
        CallName.Mlockall => ScriptResult.ZeroOr(memory.LockAll((LockAllFlags)call.A0)),
        CallName.Munlockall => ScriptResult.ZeroOr(memory.UnlockAll()),
        CallName.Brk => ScriptResult.Address(memory.SetBreak(Address(call.A0))),
        CallName.Mincore => InCore(memory, call),
        CallName.Rlimit => SetLimit(memory, call),
        _ => ScriptResult.Unsupported($"{call.Name} is not a call on memory"),
    };

    /// <summary>The i386 interface passes 32 bits.</summary>
    public static VirtualAddress Address(long argument) => new((uint)argument);

    private static uint Length(long argument) => (uint)argument;

    /// <summary>EAGAIN means that the engine's RAM is used up. No recording contains it: memory was never short there.</summary>
    private static ScriptResult OfLock(Errno error) => error == Errno.EAGAIN ? ScriptResult.OutOfMemory : ScriptResult.ZeroOr(error);

    private static ScriptResult Map(AddressSpace memory, in ScenarioCall call)
    {
        Errno error = memory.Map(Address(call.A0), Length(call.A1), (MemoryProtection)call.A2, (MapFlags)call.A3, (int)call.A4,
            (ulong)call.A5, out VirtualAddress at);
        return error == Errno.None ? ScriptResult.Address(at) : ScriptResult.Error(error);
    }

    private static ScriptResult Remap(AddressSpace memory, in ScenarioCall call)
    {
        Errno error = memory.Remap(Address(call.A0), Length(call.A1), Length(call.A2), (RemapFlags)call.A3, Address(call.A4),
            out VirtualAddress at);
        return error == Errno.None ? ScriptResult.Address(at) : ScriptResult.Error(error);
    }

    private static ScriptResult InCore(AddressSpace memory, in ScenarioCall call)
    {
        byte[] pages = new byte[PageCount.Covering(Length(call.A1)).Value];
        Errno error = memory.InCore(Address(call.A0), Length(call.A1), pages);
        return error == Errno.None
            ? ScriptResult.Quoted(string.Create(pages.Length, pages, static (text, present) =>
            {
                for (int i = 0; i < present.Length; i++) text[i] = present[i] == 0 ? '0' : '1';
            }))
            : ScriptResult.Error(error);
    }

    private static ScriptResult SetLimit(AddressSpace memory, in ScenarioCall call)
    {
        memory.SetLimit((ResourceLimit)call.A0, (ulong)call.A1);
        return ScriptResult.Number(0);
    }
}
