using System.Buffers.Binary;
using Paging.Core;
using Paging.Core.Files;
using Paging.Native;
using Paging.Windows;
using Paging.Windows.Sections;

namespace Paging.WindowsTour;

/// <summary>Three libraries that a hundred processes map as images: their pages, counted once and counted by process.</summary>
internal static class CommonLibraries
{
    /// <summary>The number of processes.</summary>
    public const int ProcessCount = 100;

    private const int PageBytes = 4096;
    private const uint FirstBase = 0x7000_0000;

    private static readonly (string Name, int CodePages)[] _libraries = [("kernel32.dll", 200), ("user32.dll", 150), ("msvcrt.dll", 80)];

    /// <summary>Maps them, runs through all their code, and writes one page of data of each.</summary>
    /// <returns>Frames that hold their pages, and the sum of the pages that the working sets show.</returns>
    public static (long Frames, long Sum) Count()
    {
        using PagingEngine engine = new(new EngineOptions { RamBytes = 32 << 20 });
        using WindowsMachine machine = WindowsMachine.Of(engine);
        GuestFile[] files = [.. _libraries.Select((library, i) =>
            engine.Files.CreateFile(library.Name, new MemoryBacking(ImageOf(library.CodePages, FirstBase + ((uint)i << 20)))))];
        List<WindowsProcess> processes = [];
        try
        {
            for (int i = 0; i < ProcessCount; i++) processes.Add(machine.CreateProcess($"process {i}"));
            long framesBefore = FramesOf(engine), sumBefore = processes.Sum(static process => (long)process.TakeSnapshot().WorkingSet);
            foreach (WindowsProcess process in processes)
                for (int i = 0; i < files.Length; i++) Load(machine, process, files[i], _libraries[i].CodePages);
            return (FramesOf(engine) - framesBefore, processes.Sum(static process => (long)process.TakeSnapshot().WorkingSet) - sumBefore);
        }
        finally
        {
            foreach (WindowsProcess process in processes) process.Dispose();
            foreach (GuestFile file in files) file.Dispose();
        }
    }

    private static long FramesOf(PagingEngine engine) =>
        engine.Frames.CountOf(FrameState.PageCache).Value + engine.Frames.CountOf(FrameState.Anonymous).Value;

    private static void Load(WindowsMachine machine, WindowsProcess process, GuestFile file, int codePages)
    {
        WindowsFile opened = machine.OpenFile(file, FileAccessRights.Read);
        Require(process.Sections.CreateFileMapping(
            opened, PageProtection.ReadOnly, SectionFlags.Image, 0, null, out SectionHandle section));
        Require(process.Sections.MapViewOfFileEx(section, SectionAccess.MapRead, 0, 0, default, out VirtualAddress at));
        for (uint page = 1; page <= codePages; page++) _ = process.Access.TryFetch(at + (page * PageBytes), out _, out _);
        _ = process.Access.TryWrite(at + ((uint)(codePages + 1) * PageBytes), 1u, out _);
    }

    private static void Require(Win32Error error)
    {
        if (error != Win32Error.Success) throw new InvalidOperationException($"A library could not be mapped: {error}.");
    }

    /// <summary>The bytes of a library: headers, code, and a page of data. Source: Microsoft, PE Format.</summary>
    private static byte[] ImageOf(int codePages, uint imageBase)
    {
        uint code = (uint)codePages * PageBytes, length = PageBytes + code + PageBytes;
        byte[] file = new byte[length];
        "MZ"u8.CopyTo(file);
        Word(0x3C, 0x40);
        "PE\0\0"u8.CopyTo(file.AsSpan(0x40));
        Half(0x44, 0x14C);              // for i386
        Half(0x46, 2);                  // sections
        Half(0x54, 0xE0);               // the length of the optional header
        Half(0x56, 0x2102);             // a library, linked, 32 bits
        Half(0x58, 0x10B);
        Word(0x58 + 16, PageBytes);     // where it starts
        Word(0x58 + 28, imageBase);
        Word(0x58 + 32, PageBytes);     // sections are aligned so in memory
        Word(0x58 + 36, 0x200);         // and so in the file
        Word(0x58 + 56, length);
        Word(0x58 + 60, 0x200);         // the length of the headers
        Word(0x58 + 92, 16);            // directories
        Section(0, ".text"u8, PageBytes, code, 0x6000_0020);
        Section(1, ".data"u8, PageBytes + code, PageBytes, 0xC000_0040);
        file.AsSpan(PageBytes, (int)code).Fill(0x90);
        return file;

        void Word(int at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(at), value);
        void Half(int at, ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(at), value);
        void Section(int index, ReadOnlySpan<byte> name, uint place, uint byteLength, uint flags)
        {
            int at = 0x138 + (index * 40);
            name.CopyTo(file.AsSpan(at));
            Word(at + 8, byteLength);
            Word(at + 12, place);
            Word(at + 16, byteLength);
            Word(at + 20, place);    // the file looks as memory does
            Word(at + 36, flags);
        }
    }
}
