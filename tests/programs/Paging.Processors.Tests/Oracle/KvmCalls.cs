using System.Runtime.InteropServices;

namespace Paging.Processors.Tests;

/// <summary>
/// The requests of /dev/kvm that are used, and the places of the fields in its structures (x86-64 host;
/// Linux: Documentation/virt/kvm/api.rst).
/// </summary>
internal static unsafe partial class KvmCalls
{
    public const nuint GetApiVersion = 0xAE00, CreateMachine = 0xAE01, GetRunByteLength = 0xAE04, CreateProcessor = 0xAE41, Run = 0xAE80;
    public const nuint SetMemoryRegion = 0x4020_AE46, GetRegisters = 0x8090_AE81, SetRegisters = 0x4090_AE82, GetSystemRegisters =
        0x8138_AE83,
        SetSystemRegisters = 0x4138_AE84, SetCpuid = 0x4008_AE90;

    public const int ApiVersion = 12, ExitPort = 2, ExitMmio = 6;

    public const int RegistersLength = 144, Rax = 0, Rbx = 8, Rsp = 48, Rip = 128, Rflags = 136;

    public const int SystemRegistersLength = 312, Cs = 0, Ds = 24, Es = 48, Fs = 72, Gs = 96, Ss = 120, Tr = 144, Ldt = 168, Gdt = 192,
        Idt = 208, Cr0 = 224, Cr2 = 232, Cr3 = 240,
        Cr4 = 248, Efer = 264;

    public const int RunExitReason = 8, RunPort = 34, RunMmioAddress = 32;

    private const int ReadWriteCloseOnExec = 0x8_0002;

    public static int OpenDevice() => Open("/dev/kvm", ReadWriteCloseOnExec);

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "close")]
    public static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "ioctl")]
    public static partial int Control(int descriptor, nuint request, void* argument);

    [LibraryImport("libc", EntryPoint = "mmap")]
    public static partial nint Map(nint address, nuint byteLength, int protection, int flags, int descriptor, nint offset);

    [LibraryImport("libc", EntryPoint = "munmap")]
    public static partial int Unmap(nint address, nuint byteLength);
}
