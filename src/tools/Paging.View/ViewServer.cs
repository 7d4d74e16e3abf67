using System.Net;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Paging.View;

/// <summary>Serves the page of one run, to this host only, at an address with a secret random part.</summary>
/// <remarks>Requests are answered one at a time: an engine serves one thread.</remarks>
public sealed class ViewServer : IAsyncDisposable
{
    private const int RequestByteLengthMax = 64 << 10;

    private readonly WebApplication _web;
    private readonly ViewSession _session;
    private readonly PictureCache _pictures = new();
    private readonly Lock _lock = new();
    private readonly string _title;
    private readonly bool _isLive;

    private ViewServer(WebApplication web, ViewSession session, string token, string title, bool isLive)
    {
        (_web, _session, _title, _isLive) = (web, session, title, isLive);
        web.Use(CheckHostAsync);
        web.MapGet($"/{token}/", WritePageAsync);
        web.MapPost($"/{token}/do", AnswerAsync);
        Token = token;
    }

    /// <summary>The address of the page.</summary>
    public string Address => $"{_web.Urls.First()}/{Token}/";

    private string Token { get; }

    /// <summary>Starts to serve a run.</summary>
    /// <param name="run">The run, which no step has been taken of. The server disposes it, also if it cannot start.</param>
    /// <param name="port">The port; 0 for any that is free.</param>
    /// <param name="title">The heading of the page: the name of the script, the program or the trace.</param>
    /// <param name="isLive">True: the steps that are known are taken first, and the page waits for calls to be typed.</param>
    /// <exception cref="IOException">The port is taken.</exception>
    public static async Task<ViewServer> StartAsync(IViewedRun run, int port, string title = "A running engine", bool isLive = false)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, port);
            kestrel.Limits.MaxRequestBodySize = RequestByteLengthMax;
            kestrel.AddServerHeader = false;
        });
        ViewSession session = new(run);
        if (isLive) session.GoTo(run.Steps.Count);
        ViewServer server = new(builder.Build(), session, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)), title, isLive);
        try
        {
            await server._web.StartAsync().ConfigureAwait(false);
        }
        catch
        {
            await server.DisposeAsync().ConfigureAwait(false);
            throw;
        }

        return server;
    }

    /// <summary>Serves until the process is asked to end.</summary>
    public Task WaitAsync() => _web.WaitForShutdownAsync();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _web.DisposeAsync().ConfigureAwait(false);
        lock (_lock) _session.Dispose();
    }

    /// <summary>A page of another site does not get in: not one that made its name point here, and not one that posts to here.</summary>
    private static Task CheckHostAsync(HttpContext context, RequestDelegate next)
    {
        HttpRequest request = context.Request;
        string origin = request.Headers.Origin.ToString();
        bool isOwn = origin.Length == 0 || string.Equals(origin, $"http://{request.Host}", StringComparison.OrdinalIgnoreCase);
        if (isOwn && request.Host.Host is ("127.0.0.1" or "localhost")) return next(context);
        context.Response.StatusCode = StatusCodes.Status403Forbidden;
        return Task.CompletedTask;
    }

    private Task WritePageAsync(HttpContext context)
    {
        context.Response.ContentType = "text/html; charset=utf-8";
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers.ContentSecurityPolicy =
            "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; img-src data:";
        return context.Response.WriteAsync(ViewPage.Write(_title, _isLive), context.RequestAborted);
    }

    private async Task AnswerAsync(HttpContext context)
    {
        using StreamReader reader = new(context.Request.Body);
        string request = await reader.ReadToEndAsync(context.RequestAborted).ConfigureAwait(false);
        string answer;
        try
        {
            lock (_lock)
            {
                _session.Enter();
                answer = ViewAnswer.To(_session, _pictures, request);
            }
        }
        catch (JsonException)
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            return;
        }

        context.Response.ContentType = "application/json; charset=utf-8";
        await context.Response.WriteAsync(answer, context.RequestAborted).ConfigureAwait(false);
    }
}
