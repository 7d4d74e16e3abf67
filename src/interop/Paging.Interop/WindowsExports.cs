using System.Runtime.CompilerServices;
using Paging.Core;
using Paging.Native;
using Paging.Windows;

namespace Paging.Interop;

/// <summary>paging.h, "Windows": processes with the memory calls of kernel32. A result is 0, or the last error of Windows.</summary>
// SAFETY: as Border.
internal static unsafe class WindowsExports
{
    [Export("paging_windows_process_create")]
    public static void Create(ulong engine, byte* name, ulong* process)
    {
        Border.Clear(process, "process");
        WindowsProcess made = WindowsMachine.Of(Engines.Of(engine)).CreateProcess(Border.Text(name, "name"));
        *process = Handles.Add(HandleKind.WindowsProcess, made, engine);
    }

    [Export("paging_virtual_alloc")]
    public static Win32Error Allocate(ulong process, uint address, uint byteLength, uint types, uint protection, uint* result)
    {
        Border.Need(result, "result");
        Win32Error error = Of(process).Memory.VirtualAlloc(
            new(address), byteLength, (AllocationTypes)types, (PageProtection)protection, out VirtualAddress at);
        *result = at.Value;
        return error;
    }

    [Export("paging_virtual_free")]
    public static Win32Error Free(ulong process, uint address, uint byteLength, uint type) =>
        Of(process).Memory.VirtualFree(new(address), byteLength, (AllocationTypes)type);

    [Export("paging_virtual_protect")]
    public static Win32Error Protect(ulong process, uint address, uint byteLength, uint protection, uint* old)
    {
        Win32Error error = Of(process).Memory.VirtualProtect(
            new(address), byteLength, (PageProtection)protection, out PageProtection before);
        if (old != null) *old = (uint)before;
        return error;
    }

    [Export("paging_virtual_query")]
    public static Win32Error Query(ulong process, uint address, WindowsRegion* region)
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
        return error;
    }

    [Export("paging_virtual_lock")]
    public static Win32Error Lock(ulong process, uint address, uint byteLength) => Of(process).Memory.VirtualLock(new(address), byteLength);

    [Export("paging_virtual_unlock")]
    public static Win32Error Unlock(ulong process, uint address, uint byteLength) =>
        Of(process).Memory.VirtualUnlock(new(address), byteLength);

    [Export("paging_get_write_watch")]
    public static Win32Error GetWriteWatch(ulong process, uint address, uint byteLength, uint resets, uint* pages, uint* count)
    {
        Border.Need(count, "count");
        Span<PageNumber> room = new(pages, pages == null ? 0 : (int)Math.Min(*count, int.MaxValue));
        Win32Error error = Of(process).Memory.GetWriteWatch(new(address), byteLength, resets != 0, room, out int found);
        *count = (uint)found;
        return error;
    }

    [Export("paging_windows_read")]
    public static int Read(ulong process, uint address, void* value, uint byteLength, WindowsException* exception)
    {
        Border.Need(value, "value");
        MemoryAccess access = AccessTo(process);
        return byteLength switch
        {
            1 => Read<byte>(access, address, value, exception),
            2 => Read<ushort>(access, address, value, exception),
            4 => Read<uint>(access, address, value, exception),
            8 => Read<ulong>(access, address, value, exception),
            _ => throw Accesses.OddLength(byteLength),
        };
    }

    [Export("paging_windows_write")]
    public static int Write(ulong process, uint address, void* value, uint byteLength, WindowsException* exception)
    {
        Border.Need(value, "value");
        MemoryAccess access = AccessTo(process);
        return byteLength switch
        {
            1 => Write<byte>(access, address, value, exception),
            2 => Write<ushort>(access, address, value, exception),
            4 => Write<uint>(access, address, value, exception),
            8 => Write<ulong>(access, address, value, exception),
            _ => throw Accesses.OddLength(byteLength),
        };
    }

    private static MemoryAccess AccessTo(ulong process)
    {
        WindowsProcess owner = Of(process);
        _ = Accesses.MemoryOf(owner.User);
        return owner.Access;
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
