using System.Runtime.Intrinsics;

namespace Paging.Bench.Operations.Faults;

/// <summary>The best loops over 4 KiB that the machine has for a page that is touched next: the floor of a fault.</summary>
internal static unsafe class BareLoops
{
    private const int PageLength = 4096;

    /// <summary>Zeroes a page.</summary>
    public static void Clear(byte* page)
    {
        byte* end = page + PageLength;
        if (Vector512.IsHardwareAccelerated)
        {
            for (; page < end; page += 256)
            {
                Vector512<byte>.Zero.Store(page);
                Vector512<byte>.Zero.Store(page + 64);
                Vector512<byte>.Zero.Store(page + 128);
                Vector512<byte>.Zero.Store(page + 192);
            }
        }
        else
        {
            for (; page < end; page += 128)
            {
                Vector256<byte>.Zero.Store(page);
                Vector256<byte>.Zero.Store(page + 32);
                Vector256<byte>.Zero.Store(page + 64);
                Vector256<byte>.Zero.Store(page + 96);
            }
        }
    }

    /// <summary>Copies a page to another one.</summary>
    public static void Copy(byte* source, byte* target)
    {
        byte* end = source + PageLength;
        if (Vector512.IsHardwareAccelerated)
        {
            for (; source < end; source += 256, target += 256)
            {
                Vector512<byte> first = Vector512.Load(source), second = Vector512.Load(source + 64);
                Vector512<byte> third = Vector512.Load(source + 128), fourth = Vector512.Load(source + 192);
                first.Store(target);
                second.Store(target + 64);
                third.Store(target + 128);
                fourth.Store(target + 192);
            }
        }
        else
        {
            for (; source < end; source += 128, target += 128)
            {
                Vector256<byte> first = Vector256.Load(source), second = Vector256.Load(source + 32);
                Vector256<byte> third = Vector256.Load(source + 64), fourth = Vector256.Load(source + 96);
                first.Store(target);
                second.Store(target + 32);
                third.Store(target + 64);
                fourth.Store(target + 96);
            }
        }
    }
}
