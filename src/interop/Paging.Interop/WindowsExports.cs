using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Paging.Core;
using Paging.Native;
using Paging.Windows;

namespace Paging.Interop;

/// <summary>paging.h, "Windows": processes with the memory calls of kernel32. A result is 0, or the last error of Windows.</summary>
// SAFETY: as Border.
internal static unsafe class WindowsExports
{
    [UnmanagedCallersOnly(EntryPoint = "paging_windows_process_create")]
    public static int Create(ulong engine, byte* name, ulong* process)
    {
        try
        {
            Border.Clear(process, "process");
            WindowsProcess made = WindowsMachine.Of(Engines.Of(engine)).CreateProcess(Border.Text(name, "name"));
            *process = Handles.Add(HandleKind.WindowsProcess, made, engine);
            return 0;
        }
        catch (Exception e) { return Border.Refuse(e); }
    }

    [UnmanagedCallersOnly(EntryPoint = "paging_virtual_alloc")]
    public static long Allocate(ulong process, uint address, uint byteLength, uint types, uint protection, uint* result)
    {
        try
        {
            Border.Need(result, "result");
            Win32Error error = Of(process).Memory.VirtualAlloc(
                new(address), byteLength, (AllocationTypes)types, (PageProtection)protection, out VirtualAddress at);
            *result = at.Value;
            return (uint)error;
        }
        catch (Exception e) { return Border.Refuse(e); }
    }

    [UnmanagedCallersOnly(EntryPoint = "paging_virtual_free")]
    public static long Free(ulong process, uint address, uint byteLength, uint type)
    {
        try { return (uint)Of(process).Memory.VirtualFree(new(address), byteLength, (AllocationTypes)type); }
        catch (Exception e) { return Border.Refuse(e); }
    }

    [UnmanagedCallersOnly(EntryPoint = "paging_virtual_protect")]
    public static long Protect(ulong process, uint address, uint byteLength, uint protection, uint* old)
    {
        try
        {
            Win32Error error = Of(process).Memory.VirtualProtect(
                new(address), byteLength, (PageProtection)protection, out PageProtection before);
            if (old != null) *old = (uint)before;
            return (uint)error;
        }
        catch (Exception e) { return Border.Refuse(e); }
    }

    [UnmanagedCallersOnly(EntryPoint = "paging_virtual_query")]
    public static long Query(ulong process, uint address, WindowsRegion* region)
    {
        try
        {
            Win32Error error = Of(process).Memory.VirtualQuery(new(address), out MemoryBasicInformation found);
            Sized.Write(region, new WindowsRegion
            {
                Base = found.Base.Address.Value,
                Length = (uint)found.Count.Bytes,    // less than the user half
                State = (uint)found.State,
                Protection = (uint)found.Protection,
                AllocationBase = found.AllocationBase.Address.Value,
                AllocationProtection = (uint)found.AllocationProtection,
                Kind = (uint)found.Kind,
            });
            return (uint)error;
        }
        catch (Exception e) { return Border.Refuse(e); }
    }

    [UnmanagedCallersOnly(EntryPoint = "paging_virtual_lock")]
    public static long Lock(ulong process, uint address, uint byteLength)
    {
        try { return (uint)Of(process).Memory.VirtualLock(new(address), byteLength); }
        catch (Exception e) { return Border.Refuse(e); }
    }

    [UnmanagedCallersOnly(EntryPoint = "paging_virtual_unlock")]
    public static long Unlock(ulong process, uint address, uint byteLength)
    {
        try { return (uint)Of(process).Memory.VirtualUnlock(new(address), byteLength); }
        catch (Exception e) { return Border.Refuse(e); }
    }

    [UnmanagedCallersOnly(EntryPoint = "paging_get_write_watch")]
    public static long GetWriteWatch(ulong process, uint address, uint byteLength, uint resets, uint* pages, uint* count)
    {
        try
        {
            Border.Need(count, "count");
            Span<PageNumber> room = new(pages, pages == null ? 0 : (int)Math.Min(*count, int.MaxValue));
            Win32Error error = Of(process).Memory.GetWriteWatch(new(address), byteLength, resets != 0, room, out int found);
            *count = (uint)found;
            return (uint)error;
        }
        catch (Exception e) { return Border.Refuse(e); }
    }

    [UnmanagedCallersOnly(EntryPoint = "paging_windows_read")]
    public static int Read(ulong process, uint address, void* value, uint byteLength, WindowsException* exception)
    {
        try
        {
            Border.Need(value, "value");
            MemoryAccess access = Of(process).Access;
            return byteLength switch
            {
                1 => Read<byte>(access, address, value, exception),
                2 => Read<ushort>(access, address, value, exception),
                4 => Read<uint>(access, address, value, exception),
                8 => Read<ulong>(access, address, value, exception),
                _ => throw Accesses.OddLength(byteLength),
            };
        }
        catch (Exception e) { return Border.Refuse(e); }
    }

    [UnmanagedCallersOnly(EntryPoint = "paging_windows_write")]
    public static int Write(ulong process, uint address, void* value, uint byteLength, WindowsException* exception)
    {
        try
        {
            Border.Need(value, "value");
            MemoryAccess access = Of(process).Access;
            return byteLength switch
            {
                1 => Write<byte>(access, address, value, exception),
                2 => Write<ushort>(access, address, value, exception),
                4 => Write<uint>(access, address, value, exception),
                8 => Write<ulong>(access, address, value, exception),
                _ => throw Accesses.OddLength(byteLength),
            };
        }
        catch (Exception e) { return Border.Refuse(e); }
    }

    private static int Read<T>(MemoryAccess access, uint address, void* value, WindowsException* exception) where T : unmanaged
    {
        bool isDone = access.TryRead(new(address), out T read, out MemoryException raised);
        if (isDone) Unsafe.WriteUnaligned(value, read);
        return Answer(isDone, raised, exception);
    }

    private static int Write<T>(MemoryAccess access, uint address, void* value, WindowsException* exception) where T : unmanaged =>
        Answer(access.TryWrite(new(address), Unsafe.ReadUnaligned<T>(value), out MemoryException raised), raised, exception);

    private static int Answer(bool isDone, in MemoryException raised, WindowsException* exception)
    {
        if (exception != null)
        {
            *exception = new()
            {
                Code = (uint)raised.Code,
                Intent = (uint)raised.Intent,
                Address = raised.Address.Value,
                Reason = (uint)raised.Reason,
            };
        }

        return isDone ? 0 : Border.Code(Errno.EFAULT);
    }

    /// <summary>The process of a handle.</summary>
    public static WindowsProcess Of(ulong handle) => Handles.Get<WindowsProcess>(handle, HandleKind.WindowsProcess);
}
