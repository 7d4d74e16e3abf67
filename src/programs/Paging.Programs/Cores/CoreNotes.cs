using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Paging.Core;
using Paging.Native;

namespace Paging.Programs.Cores;

/// <summary>The kinds of notes in a core file. Linux: include/uapi/linux/elf.h.</summary>
internal enum CoreNoteKind : uint
{
    ThreadStatus = 1,                    // NT_PRSTATUS
    FloatingPoint = 2,                   // NT_PRFPREG
    ProcessInformation = 3,              // NT_PRPSINFO
    AuxiliaryVector = 6,                 // NT_AUXV
    Segments = 0x200,                    // NT_386_TLS
    Extended = 0x202,                    // NT_X86_XSTATE
    SignalInformation = 0x5349_4749,     // NT_SIGINFO
    Files = 0x4649_4C45,                 // NT_FILE
    Vectors = 0x46E6_2B7F,               // NT_PRXFPREG
}

//  owner's length │ content's length │ kind │ owner, to 4 bytes │ content, to 4 bytes
/// <summary>Composes the notes in the kernel's order: the first thread between those of the process, then the other threads.</summary>
/// <remarks>Linux: fs/binfmt_elf.c fill_note_info; arch/x86/include/asm/elf.h and linux/elfcore.h have the structures.</remarks>
internal sealed class CoreNotes : IDisposable
{
    /// <summary>The lengths of i386's elf_prstatus, elf_prpsinfo and siginfo_t, and the places in them that the reader needs.</summary>
    public const int StatusByteLength = 144, InformationByteLength = 124, SignalByteLength = 128;
    public const int CurrentSignal = 12, ThreadId = 24, Registers = 72, ProcessId = 12, Name = 28, NameByteLength = 16,
        Arguments = 44, ArgumentsByteLength = 80;

    private const string Process = "CORE", System = "LINUX";    // the owners of generic notes and of Linux's own
    private readonly MemoryStream _notes = new();

    private CoreNotes() { }

    /// <summary>Returns the bytes of all notes.</summary>
    public static byte[] Compose(UserProcess process, CoreProcess about, IReadOnlyList<AreaSnapshot> areas)
    {
        using CoreNotes notes = new();
        for (int i = 0; i < about.Threads.Count; i++)
        {
            CoreThread thread = about.Threads[i];
            notes.AddStatus(about, thread);
            if (i == 0) notes.AddProcess(process, about, areas);
            notes.AddUnlessEmpty(Process, CoreNoteKind.FloatingPoint, thread.FloatingPoint);
            notes.AddUnlessEmpty(System, CoreNoteKind.Vectors, thread.Vectors);
            notes.AddUnlessEmpty(System, CoreNoteKind.Extended, thread.Extended);
            notes.AddUnlessEmpty(System, CoreNoteKind.Segments, thread.Segments);
        }

        if (about.Threads.Count == 0) notes.AddProcess(process, about, areas);
        return notes._notes.ToArray();
    }

    public void Dispose() => _notes.Dispose();

    private void AddProcess(UserProcess process, CoreProcess about, IReadOnlyList<AreaSnapshot> areas)
    {
        AddInformation(process, about);
        Span<byte> signal = stackalloc byte[SignalByteLength];
        signal.Clear();
        about.SignalInformation.Span.CopyTo(signal);
        Add(Process, CoreNoteKind.SignalInformation, signal);
        Add(Process, CoreNoteKind.AuxiliaryVector, about.AuxiliaryVector.Span);
        AddFiles(areas);
    }

    private void AddStatus(CoreProcess about, CoreThread thread)
    {
        Span<byte> status = stackalloc byte[StatusByteLength];
        status.Clear();
        Put(status, 0, (uint)about.Signal);    // pr_info.si_signo
        BinaryPrimitives.WriteUInt16LittleEndian(status[CurrentSignal..], (ushort)about.Signal);
        Put(status, 16, (uint)thread.PendingSignals);    // i386 keeps the first 32 signals
        Put(status, 20, (uint)thread.BlockedSignals);
        ReadOnlySpan<int> ids = [thread.Id, about.ParentId, about.GroupId, about.SessionId];
        MemoryMarshal.AsBytes(ids).CopyTo(status[ThreadId..]);
        PutTime(status, 40, thread.UserTime);
        PutTime(status, 48, thread.SystemTime);
        CoreRegisters registers = thread.Registers;
        MemoryMarshal.Write(status[Registers..], in registers);
        Put(status, Registers + CoreRegisters.ByteLength, thread.FloatingPoint.IsEmpty ? 0u : 1);    // pr_fpvalid
        Add(Process, CoreNoteKind.ThreadStatus, status);
    }

    private void AddInformation(UserProcess process, CoreProcess about)
    {
        Span<byte> information = stackalloc byte[InformationByteLength];
        information.Clear();
        information[1] = (byte)'R';    // pr_sname: a process that dumps is running
        BinaryPrimitives.WriteUInt16LittleEndian(information[8..], (ushort)about.User);
        BinaryPrimitives.WriteUInt16LittleEndian(information[10..], (ushort)about.Group);
        ReadOnlySpan<int> ids = [about.Id, about.ParentId, about.GroupId, about.SessionId];
        MemoryMarshal.AsBytes(ids).CopyTo(information[ProcessId..]);
        PutText(information.Slice(Name, NameByteLength), about.Name ?? process.Name);
        Span<byte> arguments = information.Slice(Arguments, ArgumentsByteLength);
        if (about.Arguments is { } text) PutText(arguments, text);
        else ReadArguments(process.Memory, arguments);
        Add(Process, CoreNoteKind.ProcessInformation, information);
    }

    /// <summary>Reads argv from the stack, with a space for each zero. Linux: fill_psinfo.</summary>
    private static void ReadArguments(AddressSpace memory, Span<byte> arguments)
    {
        VirtualAddress start = memory.Program.ArgumentStart;
        long byteLength = Math.Min(memory.Program.ArgumentEnd.Value - (long)start.Value, ArgumentsByteLength - 1);
        if (byteLength <= 0) return;
        int count = memory.Remote.Read(start, arguments[..(int)byteLength], forced: true);
        arguments[..count].Replace((byte)0, (byte)' ');
    }

    /// <summary>Counts, ranges and offsets in pages, then the names. Linux: fill_files_note.</summary>
    private void AddFiles(IReadOnlyList<AreaSnapshot> areas)
    {
        AreaSnapshot[] mapped = [.. areas.Where(static area => area.ObjectId != 0)];
        if (mapped.Length == 0) return;
        using MemoryStream content = new();
        Write(content, [(uint)mapped.Length, VirtualAddress.PageSize]);
        foreach (AreaSnapshot area in mapped)
            Write(content, [area.Range.First.Address.Value, (uint)area.Range.End.Value << VirtualAddress.PageShift,
                (uint)(area.ByteOffset >> VirtualAddress.PageShift)]);
        foreach (AreaSnapshot area in mapped)
        {
            content.Write(Encoding.UTF8.GetBytes(area.IsSharedAnonymous ? "/dev/zero (deleted)" : area.Name));    // shmem_zero_setup
            content.WriteByte(0);
        }

        Add(Process, CoreNoteKind.Files, content.GetBuffer().AsSpan(0, (int)content.Length));
    }

    private void AddUnlessEmpty(string owner, CoreNoteKind kind, ReadOnlyMemory<byte> content)
    {
        if (!content.IsEmpty) Add(owner, kind, content.Span);
    }

    private void Add(string owner, CoreNoteKind kind, ReadOnlySpan<byte> content)
    {
        Write(_notes, [(uint)owner.Length + 1, (uint)content.Length, (uint)kind]);
        _notes.Write(Encoding.ASCII.GetBytes(owner));
        Pad(owner.Length);
        _notes.Write(content);
        if (content.Length % sizeof(uint) != 0) Pad(content.Length);
    }

    private void Pad(int byteLength) => _notes.Write(stackalloc byte[sizeof(uint) - (byteLength % sizeof(uint))]);

    private static void Write(MemoryStream stream, ReadOnlySpan<uint> words) => stream.Write(MemoryMarshal.AsBytes(words));

    private static void Put(Span<byte> bytes, int at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(bytes[at..], value);

    private static void PutTime(Span<byte> bytes, int at, TimeSpan time)
    {
        Put(bytes, at, (uint)(time.Ticks / TimeSpan.TicksPerSecond));
        Put(bytes, at + sizeof(uint), (uint)(time.Ticks % TimeSpan.TicksPerSecond / TimeSpan.TicksPerMicrosecond));
    }

    /// <summary>Writes what fits of a text, and leaves a zero after it.</summary>
    private static void PutText(Span<byte> bytes, string text)
    {
        byte[] all = Encoding.UTF8.GetBytes(text);
        all.AsSpan(0, Math.Min(all.Length, bytes.Length - 1)).CopyTo(bytes);
    }
}
