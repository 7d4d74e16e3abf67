using Paging.Core;
using Paging.Windows;
using static Paging.WindowsGuest.Calls.ImportedCall;

namespace Paging.WindowsGuest.Calls;

/// <summary>Streams and files. Files live in the engine: none of the host's can be reached.</summary>
internal static class FileImports
{
    private const uint Invalid = uint.MaxValue, PartLength = 1 << 16;    // INVALID_HANDLE_VALUE, INVALID_SET_FILE_POINTER
    private const uint CreateNew = 1, CreateAlways = 2, OpenExisting = 3, OpenAlways = 4, TruncateExisting = 5;    // fileapi.h
    private const uint TypeDisk = 1, TypePipe = 3;    // FILE_TYPE_*
    private const uint FromStart = 0, FromCurrent = 1;    // FILE_BEGIN, FILE_CURRENT

    public static ImportedCall[] All { get; } =
    [
        OfKernel32("GetStdHandle", 1, static call => call[0] switch
        {
            0xFFFF_FFF6 => ProcessImports.InputHandle,    // STD_INPUT_HANDLE, -10
            0xFFFF_FFF5 => ProcessImports.OutputHandle,    // STD_OUTPUT_HANDLE, -11
            0xFFFF_FFF4 => ProcessImports.ErrorHandle,    // STD_ERROR_HANDLE, -12
            _ => call.Fail(Win32Error.InvalidHandle) | Invalid,
        }),
        OfKernel32("GetFileType", 1, static call => call.Program.Handles.TryFind(call[0], out ConsoleStream _) ? TypePipe : TypeDisk),
        OfKernel32("GetConsoleMode", 2, static call => call.Fail(Win32Error.InvalidHandle)),    // streams are no consoles
        OfKernel32("WriteConsoleA", 5, static call => Write(call)),
        OfKernel32("WriteFile", 5, static call => Write(call)),
        OfKernel32("ReadFile", 5, static call => Read(call)),
        OfKernel32("CreateFileA", 7, static call => Open(call, isWide: false)),
        OfKernel32("CreateFileW", 7, static call => Open(call, isWide: true)),
        OfKernel32("DeleteFileA", 1, static call => Delete(call)),
        OfKernel32("GetFileSize", 2, static call => Size(call)),
        OfKernel32("SetFilePointer", 4, static call => Seek(call)),
        OfKernel32("SetEndOfFile", 1, static call => call.Program.Handles.TryFind(call[0], out OpenedFile file)
            ? call.Boolean(file.File.SetEndOfFile(file.Position)) : call.Fail(Win32Error.InvalidHandle)),
        OfKernel32("FlushFileBuffers", 1, static call => 1),    // files live in memory
    ];

    private static uint Write(CallFrame call)
    {
        call.WriteWordIfWanted(call[3], 0);    // before any check (WriteFile)
        byte[] bytes = new byte[Math.Min(call[2], PartLength)];
        uint done = 0;
        Win32Error error = Win32Error.Success;
        while (done < call[2] && error == Win32Error.Success)
        {
            Span<byte> part = bytes.AsSpan(0, (int)Math.Min(call[2] - done, PartLength));
            if (!call.Read(call[1] + done, part)) return call.Fail(Win32Error.Noaccess);
            error = WritePart(call, part, out int count);
            done += (uint)count;
        }

        call.WriteWordIfWanted(call[3], done);
        return call.Boolean(error);
    }

    private static Win32Error WritePart(CallFrame call, ReadOnlySpan<byte> part, out int count)
    {
        count = part.Length;
        if (call.Program.Handles.TryFind(call[0], out ConsoleStream stream) && !stream.IsInput)
        {
            stream.Stream.Write(part);
            return Win32Error.Success;
        }

        count = 0;
        if (!call.Program.Handles.TryFind(call[0], out OpenedFile file)) return Win32Error.InvalidHandle;
        Win32Error error = file.File.WriteFile(file.Position, part, out count);
        file.Position += count;
        return error;
    }

    private static uint Read(CallFrame call)
    {
        call.WriteWordIfWanted(call[3], 0);    // before any check (ReadFile)
        byte[] bytes = new byte[Math.Min(call[2], PartLength)];    // fewer bytes are allowed
        int count;
        if (call.Program.Handles.TryFind(call[0], out ConsoleStream stream) && stream.IsInput)
        {
            call.Program.Output.Flush();    // so that a question is seen before its answer is awaited
            count = stream.Stream.Read(bytes);
        }
        else
        {
            if (!call.Program.Handles.TryFind(call[0], out OpenedFile file)) return call.Fail(Win32Error.InvalidHandle);
            Win32Error error = file.File.ReadFile(file.Position, bytes, out count);
            if (error != Win32Error.Success) return call.Fail(error);
            file.Position += count;
        }

        bool isWritten = call.Write(call[1], bytes.AsSpan(0, count)) && call.WriteWordIfWanted(call[3], (uint)count);
        return call.Boolean(isWritten ? Win32Error.Success : Win32Error.Noaccess);
    }

    private static uint Open(CallFrame call, bool isWide)
    {
        if (call.ReadText(call[0], isWide) is not { } name) return call.Fail(Win32Error.InvalidParameter) | Invalid;
        uint how = call[4];
        bool exists = call.Program.Files.TryGetValue(name, out GuestFile? file);
        bool isRefused = exists ? how == CreateNew : how is OpenExisting or TruncateExisting;
        if (isRefused) return call.Fail(exists ? Win32Error.FileExists : Win32Error.FileNotFound) | Invalid;
        if (!exists) call.Program.Files.Add(name, file = call.Program.Machine.Engine.CreateMemoryFile(name));
        WindowsFile open = call.Program.Machine.OpenFile(file!, (FileAccessRights)call[1]);
        if (exists && how is CreateAlways or TruncateExisting) file!.SetLength(0);    // only after the open: a refused one must not cut it
        // Also after a success: CreateFile, Remarks
        call.Thread.Block.SetLastError(exists && how is CreateAlways or OpenAlways ? Win32Error.AlreadyExists : Win32Error.Success);
        return call.Program.Handles.Open(new OpenedFile(open));
    }

    private static uint Delete(CallFrame call)
    {
        string name = call.ReadText(call[0], isWide: false) ?? "";
        if (!call.Program.Files.Remove(name, out GuestFile? file)) return call.Fail(Win32Error.FileNotFound);
        file.Dispose();
        return 1;
    }

    private static uint Size(CallFrame call)
    {
        if (!call.Program.Handles.TryFind(call[0], out OpenedFile file)) return call.Fail(Win32Error.InvalidHandle) | Invalid;
        call.WriteWordIfWanted(call[1], (uint)(file.File.ByteLength >> 32));
        return (uint)file.File.ByteLength;
    }

    private static uint Seek(CallFrame call)
    {
        if (!call.Program.Handles.TryFind(call[0], out OpenedFile file)) return call.Fail(Win32Error.InvalidHandle) | Invalid;
        long distance = (int)call[1];    // signed without a high word
        if (call[2] != 0 && call.ReadWord(call[2], out uint high)) distance = (long)(((ulong)high << 32) | call[1]);
        long from = call[3] switch { FromStart => 0, FromCurrent => file.Position, _ => file.File.ByteLength };
        if (from + distance < 0) return call.Fail(Win32Error.NegativeSeek) | Invalid;    // the position stays
        file.Position = from + distance;
        call.WriteWordIfWanted(call[2], (uint)(file.Position >> 32));
        call.Thread.Block.SetLastError(Win32Error.Success);    // 0xFFFFFFFF may also be a position
        return (uint)file.Position;
    }
}
