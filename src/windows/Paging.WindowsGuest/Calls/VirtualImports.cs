using System.Buffers.Binary;
using Paging.Native;
using Paging.Windows;
using static Paging.WindowsGuest.Calls.ImportedCall;

namespace Paging.WindowsGuest.Calls;

/// <summary>VirtualAlloc and its like, from a program's stack to the engine.</summary>
internal static class VirtualImports
{
    private const int InformationLength = 28;    // sizeof(MEMORY_BASIC_INFORMATION) of 32 bits

    public static ImportedCall[] All { get; } =
    [
        OfKernel32("VirtualAlloc", 4, static call => Allocate(call, 0)),
        OfKernel32("VirtualAllocEx", 5, static call => IsOwn(call) ? Allocate(call, 1) : NotOwn(call)),
        OfKernel32("VirtualFree", 3, static call => Free(call, 0)),
        OfKernel32("VirtualFreeEx", 4, static call => IsOwn(call) ? Free(call, 1) : NotOwn(call)),
        OfKernel32("VirtualProtect", 4, static call => Protect(call, 0)),
        OfKernel32("VirtualProtectEx", 5, static call => IsOwn(call) ? Protect(call, 1) : NotOwn(call)),
        OfKernel32("VirtualQuery", 3, static call => Query(call, 0)),
        OfKernel32("VirtualQueryEx", 4, static call => IsOwn(call) ? Query(call, 1) : NotOwn(call)),
        OfKernel32("VirtualLock", 2, static call => call.Boolean(call.Program.Process.Memory.VirtualLock(call.Address(0), call[1]))),
        OfKernel32("VirtualUnlock", 2, static call => call.Boolean(call.Program.Process.Memory.VirtualUnlock(call.Address(0), call[1]))),
        OfKernel32("GetWriteWatch", 6, static call => GetWriteWatch(call)),
        OfKernel32("ResetWriteWatch", 2, static call => ResetWriteWatch(call)),
        OfKernel32("ReadProcessMemory", 5, static call => IsOwn(call) ? CopyBytes(call, call[1], call[2]) : NotOwn(call)),
        OfKernel32("WriteProcessMemory", 5, static call => IsOwn(call) ? CopyBytes(call, call[2], call[1]) : NotOwn(call)),
        OfKernel32("FlushInstructionCache", 3, static call => 1),    // stores to code are seen at once on x86
    ];

    /// <summary>There is one process: handles lead to no other.</summary>
    private static bool IsOwn(CallFrame call) => call[0] == HandleTable.CurrentProcess;

    private static uint NotOwn(CallFrame call) => call.Fail(Win32Error.InvalidHandle);

    private static uint Allocate(CallFrame call, int first)
    {
        Win32Error error = call.Program.Process.Memory.VirtualAlloc(
            call.Address(first), call[first + 1], (AllocationTypes)call[first + 2], (PageProtection)call[first + 3],
            out VirtualAddress place);
        return error == Win32Error.Success ? place.Value : call.Fail(error);
    }

    private static uint Free(CallFrame call, int first) =>
        call.Boolean(call.Program.Process.Memory.VirtualFree(call.Address(first), call[first + 1], (AllocationTypes)call[first + 2]));

    private static uint Protect(CallFrame call, int first)
    {
        uint place = call[first + 3];
        // Before the change, so that a bad place changes nothing
        if (!call.ReadWord(place, out uint before) || !call.WriteWord(place, before)) return call.Fail(Win32Error.Noaccess);
        Win32Error error = call.Program.Process.Memory.VirtualProtect(
            call.Address(first), call[first + 1], (PageProtection)call[first + 2], out PageProtection old);
        call.WriteWord(place, (uint)old);
        return call.Boolean(error);
    }

    private static uint Query(CallFrame call, int first)
    {
        if (call[first + 2] < InformationLength) return call.Fail(Win32Error.BadLength);    // before the address is looked at
        Win32Error error = call.Program.Process.Memory.VirtualQuery(call.Address(first), out MemoryBasicInformation information);
        if (error != Win32Error.Success) return call.Fail(error);
        Span<byte> bytes = stackalloc byte[InformationLength];
        Write(information, bytes);
        return call.Write(call[first + 1], bytes) ? InformationLength : call.Fail(Win32Error.Noaccess);
    }

    /// <summary>Writes MEMORY_BASIC_INFORMATION: 28 bytes.</summary>
    public static void Write(in MemoryBasicInformation information, Span<byte> bytes)
    {
        ReadOnlySpan<uint> words =
        [
            information.Base.Address.Value, information.AllocationBase.Address.Value, (uint)information.AllocationProtection,
            (uint)information.Count.Bytes, (uint)information.State, (uint)information.Protection, (uint)information.Kind,
        ];
        for (int i = 0; i < words.Length; i++) BinaryPrimitives.WriteUInt32LittleEndian(bytes[(i * 4)..], words[i]);
    }

    private static uint GetWriteWatch(CallFrame call)
    {
        const uint reset = 1;    // WRITE_WATCH_FLAG_RESET
        bool isKnown = (call[0] & ~reset) == 0;
        if (!isKnown || !call.ReadWord(call[4], out uint room) || call[3] == 0) return Refuse(call);
        PageNumber[] pages = new PageNumber[(int)Math.Min(room, 1u << 20)];    // 4 GB have no more pages
        Win32Error error = call.Program.Process.Memory.GetWriteWatch(call.Address(1), call[2], call[0] == reset, pages, out int count);
        if (error != Win32Error.Success) return Refuse(call);
        for (int i = 0; i < count; i++)
            if (!call.WriteWord(call[3] + ((uint)i * 4), pages[i].Address.Value)) return Refuse(call);
        call.WriteWord(call[4], (uint)count);
        call.WriteWordIfWanted(call[5], 4096);    // the granularity: one page
        return 0;
    }

    private static uint Refuse(CallFrame call) => call.Fail(Win32Error.InvalidParameter) | uint.MaxValue;

    private static uint ResetWriteWatch(CallFrame call) =>
        call.Program.Process.Memory.ResetWriteWatch(call.Address(0), call[1]) == Win32Error.Success ? 0 : Refuse(call);

    private static uint CopyBytes(CallFrame call, uint from, uint to)
    {
        Span<byte> part = stackalloc byte[4096];
        uint done = 0;
        Win32Error error = Win32Error.Success;
        MemoryAccess access = call.Program.Process.Access;
        while (done < call[3] && error == Win32Error.Success)
        {
            // Not across a page, so that the count is exact if the next cannot be read
            Span<byte> now = part[..(int)Math.Min((uint)part.Length - ((from + done) & 0xFFF), call[3] - done)];
            error = access.ReadProcessMemory(new(from + done), now, out _);
            if (error != Win32Error.Success) break;
            error = access.WriteProcessMemory(new(to + done), now, out int written);
            done += (uint)written;
        }

        call.WriteWordIfWanted(call[4], done);
        return call.Boolean(error);
    }
}
