using System.Buffers;
using Paging.Core;
using Paging.Costs;
using Paging.Native;

namespace Paging.Interop;

/// <summary>paging.h, "Files": the files that the host creates. Processes use descriptors (<see cref="Descriptors"/>).</summary>
// SAFETY: as Border.
internal static unsafe class Files
{
    /// <summary>The file of a handle; of a pager's handle, the pager's file.</summary>
    public static GuestFile Of(ulong handle) => Handles.Get(handle, out _, out _) is Pager pager ? pager.File
        : Handles.Get<GuestFile>(handle, HandleKind.File);

    [Export("paging_file_create")]
    public static void Create(ulong engine, byte* name, ulong byteLength, ulong* file)
    {
        Border.Clear(file, "file");
        *file = Add(engine, Engines.Of(engine).Files.CreateMemoryFile(Border.Text(name, "name"), Length(byteLength)));
    }

    [Export("paging_file_open_host")]
    public static void OpenHost(ulong engine, byte* path, uint rights, uint create, ulong* file)
    {
        Border.Clear(file, "file");
        GuestFile made = Engines.Of(engine).Files.OpenHostFile(Border.Text(path, "path"), Rights(rights), create != 0);
        *file = Add(engine, made);
    }

    [Export("paging_directory_create")]
    public static void CreateDirectory(ulong engine, byte* name, ulong* file)
    {
        Border.Clear(file, "file");
        *file = Add(engine, Engines.Of(engine).Files.CreateDirectory(Border.Text(name, "name")));
    }

    [Export("paging_file_create_backed")]
    public static void CreateBacked(ulong engine, byte* name, Backing* backing, uint rights, ulong* file)
    {
        Border.Clear(file, "file");
        PagingEngine owner = Engines.Of(engine);
        string title = Border.Text(name, "name");
        FileRights allowed = Rights(rights);
        *file = Add(engine, owner.Files.CreateFile(title, new CalledBacking(Sized.Read<Backing>(backing)), allowed));
    }

    [Export("paging_ledger_file_create_backed")]
    public static void CreateTimed(ulong ledger, byte* name, Backing* backing, uint rights, ulong* file)
    {
        Border.Clear(file, "file");
        CostLedger owner = Ledgers.Of(ledger).Costs;
        string title = Border.Text(name, "name");
        FileRights allowed = Rights(rights);
        *file = Add(Handles.EngineOf(ledger), owner.CreateFile(title, new CalledBacking(Sized.Read<Backing>(backing)), allowed));
    }

    [Export("paging_device_create")]
    public static void CreateDevice(ulong engine, byte* name, Device* device, ulong byteLength, uint rights, ulong* file)
    {
        Border.Clear(file, "file");
        CalledDevice called = new(Sized.Read<Device>(device));
        GuestFile made = Engines.Of(engine).Files.CreateDevice(Border.Text(name, "name"), called, Length(byteLength), Rights(rights));
        *file = Add(engine, made);
    }

    [Export("paging_host_memory_create")]
    public static void CreateHostMemory(ulong engine, byte* name, void* start, ulong byteLength, uint rights, ulong* file)
    {
        Border.Clear(file, "file");
        using ForeignMemory memory = MemoryAt(start, byteLength);    // it owns nothing
        GuestFile made = Engines.Of(engine).Files.CreateHostMemoryFile(Border.Text(name, "name"), memory.Memory, Rights(rights));
        *file = Add(engine, made);
    }

    [Export("paging_rom_create")]
    public static void CreateRom(ulong engine, byte* name, void* start, ulong byteLength, Device* stores, ulong* file)
    {
        Border.Clear(file, "file");
        using ForeignMemory memory = MemoryAt(start, byteLength);
        CalledDevice? called = stores == null ? null : new(Sized.Read<Device>(stores), isOnlyStored: true);
        *file = Add(engine, Engines.Of(engine).Files.CreateRom(Border.Text(name, "name"), memory.Memory, called));
    }

    [Export("paging_file_open")]
    public static int Open(ulong file, ulong process, uint rights, uint flags)
    {
        Errno error = Of(file).Open(Processes.Of(process), (FileRights)rights, (OpenFlags)flags, out int descriptor);
        return (int)Border.Value(error, descriptor);
    }

    [Export("paging_file_read")]
    public static long Read(ulong file, long offset, void* destination, ulong byteLength)
    {
        Errno error = Of(file).Read(offset, Border.Bytes(destination, byteLength, "destination"), out int count);
        return Border.Value(error, count);
    }

    [Export("paging_file_write")]
    public static long Write(ulong file, long offset, void* source, ulong byteLength)
    {
        Errno error = Of(file).Write(offset, Border.Bytes(source, byteLength, "source"), out int count);
        return Border.Value(error, count);
    }

    [Export("paging_file_set_length")]
    public static Errno SetLength(ulong file, ulong byteLength) => Of(file).SetLength(Length(byteLength));

    [Export("paging_file_length")]
    public static long GetLength(ulong file) => Of(file).ByteLength;

    [Export("paging_file_add_seals")]
    public static Errno AddSeals(ulong file, uint seals) => Of(file).AddSeals((FileSeals)seals);

    /// <summary>A length that fits into the engine's.</summary>
    public static long Length(ulong byteLength) => byteLength <= long.MaxValue ? (long)byteLength
        : throw new RefusalException(BorderCode.BadArgument, "The length is too large.");

    private static ForeignMemory MemoryAt(void* start, ulong byteLength)
    {
        Border.Need(start, "start");
        if (byteLength > int.MaxValue) throw new RefusalException(BorderCode.BadArgument, "length must be less than 2 GiB.");
        return (nuint)start % VirtualAddress.PageSize == 0 ? new((byte*)start, (int)byteLength)
            : throw new RefusalException(BorderCode.BadArgument, $"start must be a multiple of 4096, not {(nuint)start:x}.");
    }

    private static FileRights Rights(uint rights) => rights <= (uint)FileRights.ReadWrite ? (FileRights)rights
        : throw new RefusalException(BorderCode.BadArgument, $"rights must be PAGING_READ, PAGING_WRITE or both, not {rights}.");

    private static ulong Add(ulong engine, GuestFile file) => Handles.Add(HandleKind.File, file, engine);

    /// <summary>Memory of C's, which does not move and is freed by C.</summary>
    // SAFETY: paging.h has C keep the memory, of that length, for as long as the engine has it.
    private sealed class ForeignMemory(byte* start, int byteLength) : MemoryManager<byte>
    {
        public override Span<byte> GetSpan() => new(start, byteLength);

        public override MemoryHandle Pin(int elementIndex = 0) => new(start + elementIndex);

        public override void Unpin()
        {
            // It was never anything but pinned.
        }

        protected override void Dispose(bool disposing)
        {
            // C owns it.
        }
    }
}
