using Paging.Native;
using Paging.Scripting.Calls;
using Paging.Windows;
using Paging.WindowsChecking.Dialect;
using static Paging.WindowsChecking.Dialect.WindowsResult;

namespace Paging.WindowsChecking.Engine;

/// <summary>The calls of a Windows scenario that allocate, free, protect, query, lock and watch.</summary>
internal static class WindowsMemoryCalls
{
    public static ScriptResult Execute(WindowsScriptProcess script, in ScenarioCall call)
    {
        VirtualMemory memory = script.Process.Memory;
        VirtualAddress address = new(call.Word(0));
        switch (WindowsCall.NameOf(call))
        {
            case WindowsCallName.VirtualAlloc:
                Win32Error allocated = memory.VirtualAlloc(address, call.Word(1), Types(call, 2), Protection(call, 3),
                    out VirtualAddress made);
                return Address(allocated, made);
            case WindowsCallName.VirtualFree:
                return Boolean(memory.VirtualFree(address, call.Word(1), Types(call, 2)));
            case WindowsCallName.VirtualProtect:
                Win32Error changed = memory.VirtualProtect(address, call.Word(1), Protection(call, 2), out PageProtection old);
                return Boolean(changed, ProtectionField(old));
            case WindowsCallName.VirtualQuery:
                Win32Error asked = memory.VirtualQuery(address, out MemoryBasicInformation information);
                return asked == Win32Error.Success ? Information(information) : Refused(0, asked);
            case WindowsCallName.VirtualLock:
                return Boolean(memory.VirtualLock(address, call.Word(1)));
            case WindowsCallName.VirtualUnlock:
                return Boolean(memory.VirtualUnlock(address, call.Word(1)));
            case WindowsCallName.GetWriteWatch:
                return GetWriteWatch(memory, call);
            case WindowsCallName.ResetWriteWatch:
                Win32Error reset = memory.ResetWriteWatch(address, call.Word(1));
                return reset == Win32Error.Success ? Of(NumberField(0)) : Refused(-1, reset);
            default:
                return ExecuteNative(script.Process.Native, call);
        }
    }

    private static ScriptResult ExecuteNative(NativeMemory native, in ScenarioCall call)
    {
        VirtualAddress address = new(call.Word(0));
        WindowsCallName name = WindowsCall.NameOf(call);
        bool hasZeroBits = name == WindowsCallName.NtAllocateVirtualMemory;
        uint size = call.Word(hasZeroBits ? 2 : 1);
        PageProtection old = PageProtection.None;
        NtStatus status = name switch
        {
            WindowsCallName.NtAllocateVirtualMemory =>
                native.NtAllocateVirtualMemory(ref address, call.Word(1), ref size, Types(call, 3), Protection(call, 4)),
            WindowsCallName.NtAllocateVirtualMemoryEx =>
                native.NtAllocateVirtualMemoryEx(ref address, ref size, Types(call, 2), Protection(call, 3)),
            WindowsCallName.NtFreeVirtualMemory => native.NtFreeVirtualMemory(ref address, ref size, Types(call, 2)),
            _ => native.NtProtectVirtualMemory(ref address, ref size, Protection(call, 2), out old),
        };
        WindowsField first = AddressField(address, "base"), length = SizeField(size);
        return name == WindowsCallName.NtProtectVirtualMemory ? Status(status, first, length, ProtectionField(old))
            : Status(status, first, length);
    }

    private static ScriptResult GetWriteWatch(VirtualMemory memory, in ScenarioCall call)
    {
        if ((call[0] & ~1) != 0) return Refused(-1, Win32Error.InvalidParameter);
        PageNumber[] pages = new PageNumber[(int)Math.Min(call.Word(3), 1u << 20)];
        Win32Error error = memory.GetWriteWatch(new(call.Word(1)), call.Word(2), call[0] != 0, pages, out int count);
        if (error != Win32Error.Success) return Refused(-1, error);
        return Of([NumberField(count), .. pages.Take(count).Select(static page => AddressField(page.Address))]);
    }

    private static ScriptResult Information(in MemoryBasicInformation run)
    {
        WindowsField first = AddressField(run.Base.Address, "base"), length = SizeField((long)run.Count.Bytes),
            state = new(WindowsFieldKind.Memory, (long)run.State);
        if (run.State == MemoryState.Free) return Of(first, length, state);
        return Of(first, length, state, ProtectionField(run.Protection), AddressField(run.AllocationBase.Address, "allocation"),
            ProtectionField(run.AllocationProtection), new(WindowsFieldKind.Memory, (long)run.Kind));
    }

    private static AllocationTypes Types(in ScenarioCall call, int index) => (AllocationTypes)call.Word(index);

    private static PageProtection Protection(in ScenarioCall call, int index) => (PageProtection)call.Word(index);
}
