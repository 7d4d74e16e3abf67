using Paging.WindowsChecking.Dialect;
using System.Text;
using Paging.Native;
using Paging.Windows;

namespace Paging.WindowsChecking.Engine;

/// <summary>The calls of a Windows scenario that allocate, free, protect, query, lock and watch.</summary>
internal static class WindowsMemoryCalls
{
    public static string Execute(WindowsScriptProcess script, WindowsCall call)
    {
        VirtualMemory memory = script.Process.Memory;
        VirtualAddress address = new(call.Word(0));
        switch (call.Name)
        {
            case WindowsCallName.VirtualAlloc:
                Win32Error allocated = memory.VirtualAlloc(address, call.Word(1), Types(call, 2), Protection(call, 3),
                    out VirtualAddress made);
                return WindowsText.Address(allocated, made);
            case WindowsCallName.VirtualFree:
                return WindowsText.Boolean(memory.VirtualFree(address, call.Word(1), Types(call, 2)));
            case WindowsCallName.VirtualProtect:
                Win32Error changed = memory.VirtualProtect(address, call.Word(1), Protection(call, 2), out PageProtection old);
                return changed == Win32Error.Success ? $"TRUE {WindowsText.Protection(old)}" : WindowsText.Boolean(changed);
            case WindowsCallName.VirtualQuery:
                Win32Error asked = memory.VirtualQuery(address, out MemoryBasicInformation information);
                return asked == Win32Error.Success ? WindowsText.Information(information) : $"0 {asked.ToHeaderName()}";
            case WindowsCallName.VirtualLock:
                return WindowsText.Boolean(memory.VirtualLock(address, call.Word(1)));
            case WindowsCallName.VirtualUnlock:
                return WindowsText.Boolean(memory.VirtualUnlock(address, call.Word(1)));
            case WindowsCallName.GetWriteWatch:
                return GetWriteWatch(memory, call);
            case WindowsCallName.ResetWriteWatch:
                Win32Error reset = memory.ResetWriteWatch(address, call.Word(1));
                return reset == Win32Error.Success ? "0" : $"-1 {reset.ToHeaderName()}";
            default:
                return ExecuteNative(script.Process.Native, call);
        }
    }

    private static string ExecuteNative(NativeMemory native, WindowsCall call)
    {
        VirtualAddress address = new(call.Word(0));
        bool hasZeroBits = call.Name == WindowsCallName.NtAllocateVirtualMemory;
        uint size = call.Word(hasZeroBits ? 2 : 1);
        PageProtection old = PageProtection.None;
        NtStatus status = call.Name switch
        {
            WindowsCallName.NtAllocateVirtualMemory =>
                native.NtAllocateVirtualMemory(ref address, call.Word(1), ref size, Types(call, 3), Protection(call, 4)),
            WindowsCallName.NtAllocateVirtualMemoryEx =>
                native.NtAllocateVirtualMemoryEx(ref address, ref size, Types(call, 2), Protection(call, 3)),
            WindowsCallName.NtFreeVirtualMemory => native.NtFreeVirtualMemory(ref address, ref size, Types(call, 2)),
            _ => native.NtProtectVirtualMemory(ref address, ref size, Protection(call, 2), out old),
        };
        string written = $"base=0x{address.Value:x8} size=0x{size:x}";
        if (call.Name == WindowsCallName.NtProtectVirtualMemory) written += $" {WindowsText.Protection(old)}";
        return WindowsText.Status(status, written);
    }

    private static string GetWriteWatch(VirtualMemory memory, WindowsCall call)
    {
        const string refused = "-1 ERROR_INVALID_PARAMETER";
        if ((call[0] & ~1) != 0) return refused;
        PageNumber[] pages = new PageNumber[(int)Math.Min(call.Word(3), 1u << 20)];
        Win32Error error = memory.GetWriteWatch(new(call.Word(1)), call.Word(2), call[0] != 0, pages, out int count);
        if (error != Win32Error.Success) return $"-1 {error.ToHeaderName()}";
        StringBuilder text = new();
        text.Append(count);
        foreach (PageNumber page in pages.AsSpan(0, count)) text.Append($" 0x{page.Address.Value:x8}");
        return text.ToString();
    }

    private static AllocationTypes Types(WindowsCall call, int index) => (AllocationTypes)call.Word(index);

    private static PageProtection Protection(WindowsCall call, int index) => (PageProtection)call.Word(index);
}
