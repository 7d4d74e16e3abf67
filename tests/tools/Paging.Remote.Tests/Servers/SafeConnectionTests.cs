using System.Diagnostics;
using System.Globalization;

namespace Paging.Remote.Tests;

/// <summary>Passwords and TLS: a client without the password, or a server that its certificate does not name, gets no data.</summary>
public sealed class SafeConnectionTests : IDisposable
{
    private readonly TlsServer _server = new();

    public void Dispose() => _server.Dispose();

    [Fact]
    public async Task APasswordLetsOneIn()
    {
        using RedisServer server = Connect($"redis://:{Uri.EscapeDataString(TlsServer.Password)}@{_server.PlainPlace}");
        await server.Set([new("key", [1, 2, 3])], TimeSpan.FromMinutes(1))[0];
        Assert.Equal([1, 2, 3], server.GetNow("key"));
        Assert.DoesNotContain("secret", server.Name, StringComparison.Ordinal);
    }

    [Trait("Category", "Medium")]
    [Theory]
    [InlineData("")]
    [InlineData(":wrong@")]
    public void WithoutItNothingIsToBeHadAndNoMessageHasIt(string password)
    {
        RemoteException failure = Assert.Throws<RemoteException>(() => Connect($"redis://{password}{_server.PlainPlace}?timeout=1000"));
        Assert.DoesNotContain("wrong@", failure.Message, StringComparison.Ordinal);
    }

    [Trait("Category", "Medium")]
    [Fact]
    public void AnUnsignedCertificateIsRefused()
    {
        string address = string.Create(CultureInfo.InvariantCulture,
            $"rediss://:{Uri.EscapeDataString(TlsServer.Password)}@127.0.0.1:{_server.Port}?timeout=1000&certificate=paging.test");
        Assert.Throws<RemoteException>(() => Connect(address));
    }

    /// <summary>A process of its own: whom it trusts, a runtime reads once.</summary>
    [Trait("Category", "Medium")]
    [Theory]
    [InlineData("paging.test", 0)]
    [InlineData("other.test", 2)]
    public async Task OneThatIsTrustedIsCheckedForItsName(string name, int code)
    {
        string address = string.Create(CultureInfo.InvariantCulture, $"rediss://127.0.0.1:{_server.Port}?timeout=60000&certificate={name}");
        ProcessStartInfo start = new("dotnet", [Path.Combine(AppContext.BaseDirectory, "paging.dll"), "store", "list", address])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["SSL_CERT_FILE"] = _server.CertificatePath;
        start.Environment[RemoteAddress.PasswordVariable] = TlsServer.Password;
        using Process process = Process.Start(start)!;
        Task<string> output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        string errors = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == code, errors + await output);
        Assert.DoesNotContain(TlsServer.Password, errors, StringComparison.Ordinal);
    }

    private static RedisServer Connect(string text)
    {
        Assert.True(RemoteAddress.TryParse(text, [], out RemoteAddress? address, out string? complaint), complaint);
        return RedisServer.Connect(address);
    }
}
